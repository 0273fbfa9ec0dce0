"""JSON with lines."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.agent.jsontext import DEEPEST, JsonFaultError, decode, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**52), 2**52)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_it_reads_what_the_standard_library_reads(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    assert parse(text).value == json.loads(text)


@given(st.text(alphabet='{}[]":,tfn0-1.e\\u \n/'))
def test_it_refuses_exactly_what_the_standard_library_refuses(text: str) -> None:
    try:
        wanted = json.loads(text)
    except ValueError:
        with pytest.raises(JsonFaultError):
            parse(text)
    else:
        assert parse(text).value == wanted


def test_every_key_has_its_line() -> None:
    read = parse('{\n  "a": 1,\n  "env": {\n    "B": "x",\n    "C": [{"d": 1}]\n  }\n}')

    assert read.lines == {("a",): 2, ("env",): 3, ("env", "B"): 4, ("env", "C"): 5}


def test_a_key_given_twice_counts_where_it_stands_last() -> None:
    read = parse('{"env": {"A": "1"},\n"env":\n{"B": "2"}}')

    assert read.value == {"env": {"B": "2"}}
    assert read.repeated == [(("env",), 1, 2)]
    assert read.lines == {("env",): 2, ("env", "B"): 3}


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ('{\n"a": 1, // why\n"b": 2}', "a comment", 2),
        ('{"a": /* why */ 1}', "a comment", 1),
        ('{"a": 1,\n}', "a comma stands before }", 1),
        ("[1,\n2,]", "a comma stands before ]", 2),
        ('{"a": NaN}', "'N' begins no value", 1),
        ('{"a": -Infinity}', "begins no value", 1),
        ("{'a': 1}", "a name in double quotes", 1),
        ('{"a": "x\ty"}', "a string is broken", 1),
        ('{"a": "x', "a string is broken", 1),
        ('{"a" 1}', "a colon was expected", 1),
        ('{"a": 1} x', "text after the end", 1),
        ('{"a": 1', "a comma or } was expected", 1),
        ("", "the file is empty", 1),
        (" \n", "the file is empty", 1),
        ("[" * (DEEPEST + 2), "levels deep", 1),
        ('{"a": 01}', "a comma or } was expected", 1),
        ("\x00", "unprintable", 1),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, why: str, line: int) -> None:
    with pytest.raises(JsonFaultError, match=re.escape(why)) as caught:
        parse(text)

    assert caught.value.line == line


def test_numbers_are_those_of_the_agent() -> None:
    assert parse("[30.0, 1e1, 0.5, 1e30]").value == [30, 10, 0.5, 1e30]
    assert isinstance(parse("30.0").value, int)


@pytest.mark.parametrize(
    ("raw", "text", "whole"),
    [
        ("é".encode(), "é", True),
        ("é".encode("utf-8-sig"), "é", True),
        ("é".encode("utf-16"), "é", True),
        (b"a\xffb", "a\ufffdb", False),
    ],
)
def test_marks_at_the_beginning_tell_the_encoding(raw: bytes, text: str, whole: bool) -> None:  # noqa: FBT001 - data
    assert decode(raw) == (text, whole)
