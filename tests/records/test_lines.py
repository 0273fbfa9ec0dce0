from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.records.lines import Taking
from tests.records.kept import ACME, ANN, NOW, PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = "qZx7marker"


def line(body: bytes | str = b'"words"', **fields: object) -> bytes:
    """A line of Ann's; the body is JSON as it stands."""
    raw = body.encode() if isinstance(body, str) else body
    given_ = {"account": ANN, "session": "s1", "kind": "exchange", "flow": "inference", **fields}
    return json.dumps(given_).encode()[:-1] + b',"body":' + raw + b"}"


def answers(shelf: Shelf, *lines: bytes) -> list[dict[str, object]]:
    return [json.loads(one) for one in Taking(shelf.writer).answers(lines, NOW)]


def fault(shelf: Shelf, given_: bytes) -> str:
    (answer,) = answers(shelf, given_)
    assert set(answer) == {"error", "line"}, answer
    return str(answer["error"])


def shown(shelf: Shelf, given_: bytes) -> bytes:
    (answer,) = answers(shelf, given_)
    assert set(answer) == {"id"}, answer
    return shelf.shown(str(answer["id"]))


def test_each_line_is_answered_by_one_line_in_its_order(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True})
    taking = Taking(shelf.writer)
    told = taking.answers([line(account=PAT), b"{", line(), line(account=PAT, session="s2")], NOW)
    assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in told)
    assert [next(iter(json.loads(one))) for one in told] == ["id", "error", "refused", "id"]
    assert taking.faults == 1
    assert [json.loads(told[at])["id"] for at in (0, 3)] == [one.id for one in sorted(shelf.listed(), key=by_session)]


def by_session(record: object) -> str:
    return str(getattr(record, "session").name)  # noqa: B009 - any record


def test_lines_are_numbered_through_all_batches_and_blank_ones_count(shelf: Shelf) -> None:
    taking = Taking(shelf.writer)
    batches: list[list[bytes]] = [[line(), b"", b"no"], [], [b"  \r", b"nor"], [line(), b"neither"]]
    told = [json.loads(one) for lines in batches for one in taking.answers(lines, NOW)]
    assert [one.get("line") for one in told] == [None, 3, 5, None, 7]
    assert taking.faults == 3


def test_nothing_but_blank_lines_asks_nobody(shelf: Shelf) -> None:
    assert answers(shelf, b"", b" ", b"\t\r") == []


def test_all_fields_arrive(shelf: Shelf) -> None:
    given_ = line(provider="anthropic", repository="github.test/a/b", at="2026-03-20T10:00:00.25Z", kind="transcript")
    answers(shelf, given_)
    (found,) = shelf.listed()
    assert (found.lane.provider, found.session.repository, found.lane.kind) == (
        *("anthropic", "github.test/a/b"),
        "transcript",
    )
    assert found.created.isoformat() == "2026-03-20T10:00:00.250000+00:00"


def test_what_need_not_be_given_may_be_null(shelf: Shelf) -> None:
    answers(shelf, line(provider=None, repository=None, at=None))
    (found,) = shelf.listed()
    assert (found.lane.provider, found.session.repository, found.created) == ("", "", NOW)


JSON_TEXTS = [
    b"null",
    b"true",
    b"0",
    b"-0.0e-7",
    b"1" * 5000,
    b"1e400",
    b"{}",
    b"[]",
    b'{"a":1,"a":2}',
    b'{ "b" : [ 1 , 2 ] ,  "a" : null }',
    b'{"text":"\\u0000\\ud83d\\ude00 \\/ \xc3\xa9"}',
    b"[" * 400 + b"]" * 400,
    b'[1.10, 1E5, "\\n"]',
]


@pytest.mark.parametrize("body", JSON_TEXTS, ids=lambda body: body[:20].decode())
def test_json_comes_back_byte_for_byte(shelf: Shelf, body: bytes) -> None:
    assert shown(shelf, line(body)) == body


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values.filter(lambda value: not isinstance(value, str)), st.booleans())
def test_any_json_comes_back_as_it_was_written(shelf: Shelf, value: object, ascii_: object) -> None:
    body = json.dumps(value, ensure_ascii=bool(ascii_)).encode("utf-8", "replace")
    assert shown(shelf, line(body)) == body


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_a_string_comes_back_as_its_text(shelf: Shelf, text: str, ascii_: object) -> None:
    assert shown(shelf, line(json.dumps(text, ensure_ascii=bool(ascii_)))) == text.encode()


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        (b"no", "this is not JSON"),
        (b'{"account":', "this is not JSON"),
        (b"[]", "Expected `object`, got `array`"),
        (b'"text"', "Expected `object`, got `str`"),
        (b"\xff", "this is not UTF-8"),
        (line(b'"\xff"'), "this is not UTF-8"),
        (line(b'{"deep":["\xff"]}'), "this is not UTF-8"),
        (line(b'{"\xed\xa0\x80":1}'), "this is not UTF-8"),
        (line(b'"\\ud800"'), "half a surrogate pair"),
        (line(b'{"a":"\\ude00 x"}'), "half a surrogate pair"),
        (line(b"[" * 100_000 + b"]" * 100_000), "nested too deep"),
        (line(b"NaN"), "this is not JSON"),
        (line(b"01"), "this is not JSON"),
        (line(b"1,"), "this is not JSON"),
        (line(b'"a\x00b"'), "this is not JSON"),
        (line(b"1") + b"{}", "this is not JSON"),
        (line(b"1", account=None), "Expected `str`, got `null` - at `$.account`"),
        (line(b"1", session=7), "at `$.session`"),
        (line(b"1", extra=1), "a field that is none of account, kind, flow, body, session, provider, repository, at"),
        (b'{"account":"a","session":"s","kind":"k","flow":"f"}', "Object missing required field `body`"),
        (line(b"1", at="yesterday"), "at: this is no date or instant"),
        (line(b"1", at="2026-02-30"), "at: this is no date or instant"),
        (line(b"1", at="0001-01-01T00:00+14:00"), "at: this is no date or instant"),
        (line(b"1", at="1969-12-31"), "at: this is no date or instant since 1970"),
        (line(b"1", at="2026-04-02"), "at: 2026-04-02T00:00:00Z has not been yet"),
        (line(b"1", session=""), "session: give the session's id"),
        (line(b"1", account="nobody@acme.test"), "account: there is none of this address"),
        (line(b"1", kind="thought"), "kind: this is none of exchange, metric"),
        (line(b"1", flow="telepathy"), "flow: this is none of inference"),
        (line(b"1", provider="own"), "provider: this is none of anthropic"),
        (line(b"1", kind="rating"), "a rating is of the flow survey"),
    ],
    ids=lambda given_: given_[:70].decode("latin-1") if isinstance(given_, bytes) else given_[:20],
)
def test_what_is_wrong_with_a_line_is_told_and_nothing_is_kept(shelf: Shelf, given_: bytes, told: str) -> None:
    assert told in fault(shelf, given_)
    assert shelf.listed() == []


def test_one_bad_line_costs_nobody_else_anything(shelf: Shelf) -> None:
    told = answers(shelf, line(b"1"), line(b"[" * 100_000), b"\xff", line(b"2"))
    assert [next(iter(one)) for one in told] == ["id", "error", "error", "id"]
    assert [shelf.shown(str(told[at]["id"])) for at in (0, 3)] == [b"1", b"2"]


FIELDS = ["account", "session", "kind", "flow", "provider", "repository", "at"]
spoiled = st.sampled_from(
    [
        MARKER,
        f'"{MARKER}"',
        f"{MARKER}@acme.test",
        f"{MARKER} " * 40,
        f"2026-04-01 {MARKER}",
        f"\0{MARKER}",
        f"{MARKER}é",
    ]
)
bodies = st.sampled_from(
    [
        *(f'"{MARKER}', f'"{MARKER}"', f'{{"{MARKER}":1}}', f"[{MARKER}]", f'["{MARKER}",]', f'"{MARKER}\\ud800"'),
        *(f'{{"{MARKER}":"\\x"}}', MARKER, f"1,{MARKER}:2", f'1,"{MARKER}":2', f'"{MARKER}\\u00"', f'"\0{MARKER}"'),
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies,
    st.dictionaries(st.sampled_from([*FIELDS, MARKER]), spoiled | st.just([MARKER]) | st.just({MARKER: 1}), max_size=3),
    st.one_of(st.none(), st.integers(0, 400)),
    st.booleans(),
)
def test_no_fault_repeats_any_part_of_a_line(
    shelf: Shelf, body: str, fields: Mapping[str, object], cut: int | None, bad: object
) -> None:
    given_ = line(body, **fields)[:cut] + (b"\xff" + MARKER.encode() if bad else b"")
    for one in Taking(shelf.writer).answers([given_], NOW):
        assert MARKER.encode() not in one
        assert MARKER.encode().hex().encode() not in one


def test_a_refusal_repeats_no_part_of_a_line_either(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True})
    (told,) = Taking(shelf.writer).answers([line(f'"{MARKER}"', session=MARKER, repository=MARKER)], NOW)
    assert b"refused" in told
    assert MARKER.encode() not in told


@pytest.mark.parametrize("name", [f"{MARKER}\n", f"\x1b]0;{MARKER}\x07", f"{MARKER}\x85", MARKER * 60], ids=ascii)
@pytest.mark.parametrize("field", ["session", "repository"])
def test_a_name_that_would_steer_a_terminal_is_refused_and_not_repeated(shelf: Shelf, field: str, name: str) -> None:
    told = fault(shelf, line(**{field: name}))
    assert told.startswith("session, repository: ")
    assert MARKER not in told
    assert shelf.listed() == []


def test_a_line_that_is_too_long_is_told_by_its_length(shelf: Shelf) -> None:
    (told,) = Taking(shelf.writer, longest=100).answers([line(f'"{MARKER * 20}"')], NOW)
    assert b"longer than 100 bytes" in told
    assert MARKER.encode() not in told
