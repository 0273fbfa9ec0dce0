"""Envelopes as SDKs write them, and as nobody should."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.envelopes import MOST_ITEMS, EnvelopeItem, json_object, json_value, parted
from tests.gateway.intake.ground import envelope


def test_items_with_and_without_length_are_parted() -> None:
    body = envelope(({"type": "event"}, b'{"a":"x\\ny"}'), ({"type": "log", "length": None}, b"{}"), event="e")
    header, items = parted(body)
    assert header == {"event_id": "e"}
    assert items == [EnvelopeItem("event", b'{"a":"x\\ny"}'), EnvelopeItem("log", b"{}")]
    assert parted(body + b"\n")[1] == items


def test_a_counted_payload_may_hold_line_ends() -> None:
    assert parted(envelope(({"type": "attachment"}, b"\n\n\x00\n")))[1] == [EnvelopeItem("attachment", b"\n\n\x00\n")]


@pytest.mark.parametrize("body", [b"{}", b"{}\n", b"{}\n\n\n"])
def test_an_envelope_may_be_empty(body: bytes) -> None:
    assert parted(body) == ({}, [])


def test_an_item_may_be_empty() -> None:
    assert parted(b'{}\n{"type":"x","length":0}')[1] == [EnvelopeItem("x", b"")]
    assert parted(b'{}\n{"type":"x","length":0}\n\n{"type":"y"}\n{}')[1] == [
        EnvelopeItem("x", b""),
        EnvelopeItem("y", b"{}"),
    ]


@pytest.mark.parametrize("length", [1, 3, 4, 99, -1, 1 << 70, "2", 2.0, True, [], {}])
def test_a_length_that_lies_is_refused_whole(length: object) -> None:
    with pytest.raises(RefusedError) as refused:
        parted(envelope(({"type": "event", "length": length}, b"{}"), ({"type": "event"}, b"{}")))
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b"{}\n[]\n", b"{}\n\xff\n", b"[" * 100_000, b"{" * 100_000])
def test_what_is_no_header_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        parted(body)
    assert refused.value.status == 400


def test_a_header_that_does_not_end_is_refused() -> None:
    with pytest.raises(RefusedError):
        parted(json.dumps({"dsn": "x" * 100_000}).encode())


def test_too_many_items_are_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        parted(b"{}\n" + b'{"type":"x"}\n{}\n' * (MOST_ITEMS + 1))
    assert refused.value.status == 413


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (parted, lambda data: parted(b"{}\n" + data), lambda data: parted(b'{}\n{"type":"event"}\n' + data)):
        try:
            read(body)
        except RefusedError as error:
            assert error.status in {400, 413}  # noqa: PT017 - either is right, another fault is not


@pytest.mark.parametrize("data", [b"[" * 200_000, b"\xff", b"", b"{", b"nul"])
def test_json_that_cannot_be_read_is_refused_without_its_words(data: bytes) -> None:
    with pytest.raises(RefusedError):
        json_object(data, "the thing")
    with pytest.raises(RefusedError, match="the thing"):
        json_object(b"[]", "the thing")
    assert json_value(b"[1]", "x") == [1]
