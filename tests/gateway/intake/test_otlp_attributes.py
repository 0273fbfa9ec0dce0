"""Attributes judged from their bytes: the same is kept, counted and refused as where each is parsed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from carnet.gateway.intake import otlp_attributes
from carnet.gateway.intake.allow import Sieve, allow_of
from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.otlp_attributes import MOST_NAMES, Names, integer_of, kept_of, text_of
from carnet.gateway.intake.otlp_parsing import plain_proto
from carnet.gateway.intake.prints import Prints
from tests.gateway.intake.ground import CANARY

PATH = "t"
KEYS = st.sampled_from(
    ["model", "duration_ms", "event.timestamp", "success", "session.id", "prompt", "user.email", "", "é", "x" * 127]
) | st.text(max_size=5)
TEXTS = (
    st.sampled_from(["word", "5", "true", "2026-04-23T10:00:00.5Z", "a" * 32, "é", "/home/ann", "\0", "x" * 17_000])
    | st.text(max_size=4)
    | st.integers(120, 140).map(lambda size: "y" * size)
)
NUMBERS = st.sampled_from(
    [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, -1, -(2**63), 2**63 - 1]
) | st.integers(-(2**63), 2**63 - 1)
VALUES = (
    st.none()
    | TEXTS.map(lambda one: AnyValue(string_value=one))
    | NUMBERS.map(lambda one: AnyValue(int_value=one))
    | st.booleans().map(lambda one: AnyValue(bool_value=one))
    | st.floats(allow_nan=False).map(lambda one: AnyValue(double_value=one))
    | st.just(AnyValue())
    | st.binary(max_size=3).map(lambda one: AnyValue(bytes_value=one))
)
WELL = st.builds(lambda key, value: KeyValue(key=key, value=value).SerializeToString(), KEYS, VALUES)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """An attribute with some bytes changed, put in, or taken out."""
    data = bytearray(draw(WELL))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, min(len(data), 12)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


def sieve() -> Sieve:
    return Sieve(allow_of(), Prints.under(b"k" * 32))


def parsed(records: list[list[bytes]]) -> tuple[list[dict[str, object]], Counter[str]] | None:
    """The same, each attribute by the parser; None: refused."""
    one, away, rows = sieve(), Counter[str](), []
    for attributes in records:
        row: dict[str, Any] = {}
        for data in attributes:
            try:
                found = KeyValue.FromString(data)
            except DecodeError:
                return None
            name, let = one.judged(found.key, found.value, PATH, plain_proto)
            if let is None:
                away[name] += 1
            else:
                row[name] = let
        rows.append(row)
    return rows, away


def judged(records: list[list[bytes]]) -> tuple[list[dict[str, object]], Counter[str]] | None:
    one = sieve()
    try:
        return kept_of(records, one, PATH), one.dropped
    except RefusedError:
        return None


@given(st.lists(st.lists(WELL, max_size=6), min_size=1, max_size=4))
@settings(max_examples=200)
def test_what_is_well_formed_is_judged_as_parsed(records: list[list[bytes]]) -> None:
    assert judged([*records, *records]) == parsed([*records, *records])


@given(st.lists(WELL, max_size=3), broken())
@example([KeyValue(key="prompt").SerializeToString()], b"\x0a\x06prompt\x12\x04\x0a\x02\xff\xfe")
@example([KeyValue(key="model").SerializeToString()], b"\x0a\x05model\x12\x04\x18\x80\x80\x00")
@example([KeyValue(key="model").SerializeToString()], b"\x0a\x05model\x12\x03\x18\x80\x80")
@example([], b"\x0a\xff")
@example([], b"\x0a")
@settings(max_examples=400)
def test_what_is_broken_is_refused_as_by_the_parser(well: list[bytes], lie: bytes) -> None:
    assert judged([well, [lie]]) == parsed([well, [lie]])


def test_what_is_dropped_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one = [KeyValue(key="prompt", value=AnyValue(string_value=f"{CANARY} {size}" * size)) for size in (1, 9, 90, 900)]
    records = [[attribute.SerializeToString()] for attribute in one]
    assert judged(records[:1]) is not None  # the name is known from here on
    monkeypatch.setattr(otlp_attributes, "_parsed", None)
    assert judged(records) == ([{}] * 4, {f"{PATH}.prompt": 4})


def test_names_that_could_be_anything_are_remembered_to_a_bound_and_told_by_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = sieve()
    count = MOST_NAMES + 100
    records = [[KeyValue(key=f"{CANARY}.{number}").SerializeToString()] for number in range(count)]
    assert kept_of(records, one, PATH) == [{}] * count
    assert one.dropped == {f"{PATH}.*": count}
    assert 0 < len(one.allow.remembered[PATH]) <= MOST_NAMES
    test_what_is_dropped_is_not_parsed_again(monkeypatch)


def test_a_long_name_is_read_each_time() -> None:
    names = Names()
    names.learn(KeyValue(key="n" * 101).SerializeToString(), "n" * 101, sieve(), PATH)
    assert not names


@pytest.mark.parametrize("number", [0, 127, 128, 16_383, 16_384, 2_097_151])
def test_a_short_number_is_read_as_it_was_written(number: int) -> None:
    assert integer_of(KeyValue(value=AnyValue(int_value=number)).SerializeToString()) == number


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 126, 127, 128, 129, 16_000])
def test_a_text_is_read_as_it_was_written(size: int) -> None:
    data = KeyValue(value=AnyValue(string_value="é" * size)).SerializeToString()
    assert text_of(data) in {"é" * size, None}
    assert text_of(KeyValue(value=AnyValue(string_value="e" * size)).SerializeToString()) == "e" * size
