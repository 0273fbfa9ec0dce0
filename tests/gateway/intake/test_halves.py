"""JSON in which a character is cut in two."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.intake.halves import decoded_whole

ANY = msgspec.json.Decoder()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"a\ud83d"', "a\ufffd"), (rb'"\uDE00a"', "\ufffda"), (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"), (rb'"\ud83d\ude00\ude00"', "\U0001f600\ufffd"),
        (rb'"\\ud83d\ud83d"', "\\ud83d\ufffd"), (rb'"\\\ud83dx"', "\\\ufffdx"), (rb'{"\ud83d":1}', {"\ufffd": 1}),
    ],
)  # fmt: skip
def test_a_half_is_read_as_a_sign_for_what_is_lost(written: bytes, read: object) -> None:
    assert decoded_whole(ANY, written) == read


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_that_python_writes_is_read(text: str) -> None:
    whole = json.loads(json.dumps(text)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert decoded_whole(ANY, json.dumps(text).encode()) == whole


@pytest.mark.parametrize("data", [b"", b'"', rb'"\ud83d', b'"\xed\xa0\xbd"', rb"[\ud83d]"])
def test_what_is_no_json_stays_none(data: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decoded_whole(ANY, data)
