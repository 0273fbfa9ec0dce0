"""Reading without what is dropped: what is kept, counted and refused is what reading all of it would have it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from carnet.gateway.intake.allow import Sieve, allow_of
from carnet.gateway.intake.contract import Asked, Means, RefusedError
from carnet.gateway.intake.prints import Prints
from carnet.gateway.intake.sentry import EVENT, OTHERS, take_event
from carnet.gateway.intake.sifting import MOST_ELEMENTS, Naming
from carnet.gateway.intake.skimming import LONGEST_REMEMBERED, MOST_REMEMBERED, Known, Skim
from carnet.gateway.intake.words import dotted
from tests.gateway.intake.test_sentry import event as sdk_event

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = Prints.under(b"k" * 32)
MEANS = Means(allow_of(), PRINTS, "2026-04-01")
TEXTS = st.sampled_from(
    [
        "word",
        "carnet.web",
        "/home/ann",
        "a" * 32,
        "",
        "error",
        "2026-04-01T09:30:00Z",
        "true",
        "7",
        "x\ud83d",
        "é",
        "p.py",
    ]
)
NUMBERS = st.sampled_from([0, 1, -1, 1.0, 1.5, 10**30, 2**64, 1e300, True, False])
LEAVES = st.none() | NUMBERS | TEXTS
ANYTHING = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=2) | st.dictionaries(TEXTS, below, max_size=2), max_leaves=6
)


def shaped(shape: Any, path: str) -> st.SearchStrategy[Any]:
    """Mostly what a shape allows and SDKs send; sometimes anything."""
    if isinstance(shape, str):
        return LEAVES | LEAVES | LEAVES | ANYTHING
    if isinstance(shape, list):
        return st.lists(shaped(shape[0], f"{path}[]"), max_size=4) | st.none() | LEAVES
    fields = {key: shaped(one, f"{path}.{key}") for key, one in shape.items()}
    fields |= dict.fromkeys(OTHERS.get(path, ()), ANYTHING)
    usual = st.fixed_dictionaries({}, optional=fields).flatmap(
        lambda found: st.permutations(list(found.items())).map(dict)
    )
    odd = st.builds(lambda one, name, other: {**one, name: other}, usual, TEXTS, ANYTHING)
    return usual | usual | usual | odd | LEAVES


EVENTS = shaped(allow_of().trees["event"], EVENT)


def became(body: bytes) -> object:
    """All that comes of an event."""
    try:
        taken = take_event(Asked("POST", "/api/1/store/"), body, MEANS)
    except RefusedError as error:
        return error.status, error.sentence
    assert taken.dropped is not None
    return taken.reply, taken.items, taken.dropped.all()


def without() -> Any:
    return mock.patch.object(Skim, "kept", return_value=None)


@given(st.lists(EVENTS, min_size=1, max_size=3))
@settings(max_examples=60)
def test_it_is_what_reading_all_of_it_says(events: list[object]) -> None:
    bodies = [json.dumps(one).encode() for one in events]
    skimmed = [became(one) for one in bodies * 3]
    with without():
        assert skimmed == [became(one) for one in bodies * 3]


@pytest.mark.parametrize("name", ["a\\b", 'a"b', "a\x01b", "a.b", "é", ""])
def test_an_operator_s_own_list_may_have_any_name(tmp_path: Path, name: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f"[event.tags]\n{json.dumps(name)} = 'word'\n", "utf-8")
    means = Means(allow_of(str(own)), PRINTS, "2026-04-01")
    body = json.dumps({"event_id": "a" * 32, "tags": {name: "word", "other": "x"}}).encode()
    for _ in range(2):
        (item,) = take_event(Asked("POST", "/"), body, means).items
        assert json.loads(item.body)["event"]["tags"] == {name: "word"}


@given(
    EVENTS | st.just(sdk_event(message="é")),
    st.integers(0, 1 << 12),
    st.binary(max_size=2) | st.sampled_from([b"\\ud83d", b"1e999", b'"', b"\\", b"}"]),
)
@settings(max_examples=80)
def test_what_is_broken_is_refused_as_before(event: object, at: int, instead: bytes) -> None:
    whole = json.dumps(event, ensure_ascii=bool(at % 2)).encode("utf-8", "surrogatepass")
    at %= len(whole) + 1
    body = whole[:at] + instead + whole[at + len(instead) // 2 :]
    skimmed = became(body)
    with without():
        assert skimmed == became(body)


FRAME = '{"function": "f", "lineno": %s, "in_app": %s, "vars": %s}'


def event(frames: str, more: str = "") -> bytes:
    parts = [
        '{"event_id": "',
        "a" * 32,
        '", "exception": {"values": [{"stacktrace": {"frames": [',
        frames,
        "]}}]}",
        more,
    ]
    found = "".join([*parts, "}"])
    return found.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "body",
    [
        event(FRAME % ("7", "true", '"\udcff"')),  # no UTF-8, where nobody looks
        event(FRAME % ("7", "true", '"\\q"')),
        event(FRAME % ("7", "true", "[1,]")),
        event(FRAME % ("7", "true", "nul")),
        event(FRAME % ("7", "true", "01")),
        event(FRAME % ("7", "true", "[" * 5000)),
        event(FRAME % ("7", "true", "[" * 5000 + "]" * 5000)),
        event("", "}"),
        event("", ', "extra": {1: 2}'),
    ],
)  # fmt: skip
def test_what_nobody_would_keep_must_be_json_all_the_same(body: bytes) -> None:
    said = became(body)
    assert isinstance(said, tuple)
    assert said[0] == 400
    with without():
        assert became(body) == said


@pytest.fixture
def skim() -> Skim:
    return Skim(allow_of().trees["event"], EVENT, allow_of().naming(), OTHERS)  # type: ignore[arg-type]


def kept(skim: Skim, body: bytes) -> tuple[Any, Any]:
    sieve = Sieve(allow_of(), PRINTS)
    return skim.kept(body, sieve), sieve.dropped


def frames_of(found: Any) -> Any:
    return found["exception"]["values"][0]["stacktrace"]["frames"]


def test_what_is_remembered_is_told_apart_by_type(skim: Skim) -> None:
    bodies = [
        event(FRAME % (line, own, "{}"))
        for line, own in 2 * (("1", "true"), ("true", "1"), ("1.0", "true"), ("1", "true"))
    ]
    found = [json.dumps(frames_of(kept(skim, one)[0])) for one in bodies]
    assert found == 2 * ['[{"lineno": 1, "in_app": true}]', "[{}]", '[{"lineno": 1.0, "in_app": true}]', found[0]]


def test_what_is_there_again_is_counted_again(skim: Skim) -> None:
    frames = ",".join([FRAME % ("7", "true", "{}")] * 3)
    path = f"{EVENT}.exception.values[].stacktrace.frames[]"
    for _ in range(4):
        assert kept(skim, event(frames))[1] == {f"{path}.function": 3, f"{path}.vars": 3}


@pytest.mark.parametrize(("name", "most"), [("f{}", MOST_REMEMBERED), ("f" * LONGEST_REMEMBERED + "{}", 0)])
def test_what_nobody_sends_twice_does_not_fill_the_memory(name: str, most: int) -> None:
    known = Known({"function": dotted}, {}, ["vars"], "t", Naming(frozenset(), dotted))
    sieve = Sieve(allow_of(), PRINTS)
    row = msgspec.defstruct("Row", ["function", "vars"])
    for number in range(MOST_REMEMBERED + 10):
        known.again(row(name.format(number), UNSET), sieve)
        known.again(row(f"once{number}", UNSET), sieve)
        known.again(row(name.format(number), UNSET), sieve)
    assert len(known.remembered) == min(most, 10)


def test_of_a_long_list_no_more_is_kept_than_of_any(skim: Skim) -> None:
    found, dropped = kept(skim, event(",".join(["{}"] * (MOST_ELEMENTS + 2))))
    assert len(frames_of(found)) == MOST_ELEMENTS
    assert dropped == {f"{EVENT}.exception.values[].stacktrace.frames[]": 2}


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'{"unheard": 1}', b'{"exception": []}', b'{"level": {}}'])
def test_what_it_was_not_made_for_is_to_be_read_whole(skim: Skim, body: bytes) -> None:
    assert kept(skim, body) == (None, {})
