from __future__ import annotations

import gzip
import zlib
from functools import partial
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.heads import parse_response
from carnet.gateway.sse import MOST_EVENT, MOST_MADE, Reading, said_whole
from carnet.gateway.usage import Usage
from tests.gateway.upstream import COMMENT, DELTA, PING, START, STOP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STREAM = START + COMMENT + PING + DELTA * 3 + STOP
SAID = Usage("claude-test-1", 12, 57, 3, 4, "end_turn", "", 7)
ENCODED: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": partial(brotli.compress, quality=1),
    b"zstd": zstandard.ZstdCompressor().compress,
    b"identity": bytes,
}


def read(
    data: bytes, kind: bytes = b"text/event-stream; charset=utf-8", encoding: bytes = b"", cuts: Sequence[int] = ()
) -> Usage:
    reading, at = Reading(kind, encoding), 0
    for upto in sorted({*(cut for cut in cuts if cut < len(data)), len(data)}):
        reading.feed(data[at:upto])
        at = upto
    return reading.usage()


@given(st.lists(st.integers(0, len(STREAM)), max_size=20), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_stream_says_the_same_however_it_arrives(cuts: list[int], end: bytes) -> None:
    assert read(STREAM.replace(b"\n", end), cuts=cuts) == SAID


def test_a_stream_is_read_byte_by_byte() -> None:
    assert read(STREAM, cuts=list(range(len(STREAM)))) == SAID


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_compressed_stream_is_read_as_it_arrives(encoding: bytes) -> None:
    data = ENCODED[encoding](STREAM)
    assert read(data, encoding=encoding, cuts=list(range(0, len(data), 7))) == SAID


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_json_body_says_the_same_compressed(encoding: bytes) -> None:
    body = b'{"id":"m","model":"c","stop_reason":"max_tokens","content":[{"a":[1]}],'
    body += b'"usage":{"input_tokens":1,"output_tokens":2}}'
    assert read(ENCODED[encoding](body), b"application/json", encoding) == Usage("c", 1, 2, stop_reason="max_tokens")


def test_an_event_that_has_not_ended_is_not_counted() -> None:
    assert (
        read(START + b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":9}}\n').output == 1
    )


def test_an_error_inside_a_stream_is_named() -> None:
    event = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'
    assert read(START + event).error == "overloaded_error"


def test_an_event_without_a_name_and_in_several_lines_is_read() -> None:
    assert read(b'data: {"type":"message_delta",\ndata:"usage":{"output_tokens":9}}\n\n').output == 9


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[1, 2]", "no JSON object"),
        (b"{", "no JSON object"),
        (b"\xff", "no JSON object"),
        (b'{"usage":7}', "no JSON object"),
    ],
)
def test_json_that_is_something_else_is_not_read(data: bytes, why: str) -> None:
    assert read(data, b"application/json").unread == why


def test_an_answer_that_is_neither_is_not_read() -> None:
    assert read(b"<html>", b"text/html").unread == "neither events nor JSON"


def test_what_is_no_json_in_a_stream_is_counted_and_not_read() -> None:
    assert read(b"event: message_start\ndata: garbage\n\n" + STREAM).events == 8


def test_an_event_beyond_all_bounds_is_given_up() -> None:
    assert read(b"data: " + b"x" * MOST_EVENT).unread == "too large to be read"


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"zstd"])
def test_a_bomb_is_given_up(encoding: bytes) -> None:
    assert read(ENCODED[encoding](bytes(MOST_MADE * 8)), encoding=encoding).unread == "too large to be read"


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        (b"gzip", "damaged compression"),
        (b"rot13", "a content-encoding that is not known"),
        (b"br", "damaged compression"),
    ],
)
def test_compression_that_is_none_is_given_up(encoding: bytes, why: str) -> None:
    assert read(b"not compressed at all", encoding=encoding).unread == why


@given(
    st.binary(max_size=200),
    st.sampled_from([b"text/event-stream", b"application/json"]),
    st.sampled_from([*ENCODED, b""]),
)
def test_no_bytes_make_it_raise(data: bytes, kind: bytes, encoding: bytes) -> None:
    read(data, kind, encoding, [50, 100])


def test_a_head_says_what_follows_it() -> None:
    head = parse_response(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\ncontent-encoding: gzip\r\n\r\n")
    reading = Reading.of(head)
    reading.feed(gzip.compress(STREAM))
    assert reading.usage() == SAID


@given(
    st.sampled_from((
        b"", b"content-type: application/json", b"CONTENT-TYPE:\tApplication/JSON; charset=utf-8 ",
        b"content-type: text/event-stream", b"content-type: text/html", b"content-type: application/problem+json",
        b"content-type: text/html\r\nx-a: b\r\nContent-Type: application/json", b"x-content-type: application/json",
    )),
    st.sampled_from((b"", b"content-encoding: gzip", b"Content-Encoding: identity", b"content-encoding: rot13")),
    st.sampled_from((
        b"", b"{}", b"[]", b'{"model":"m","usage":{"input_tokens":3}}', b'{"error":{"type":"busy"}}', b'{"model":',
        STREAM, gzip.compress(b'{"model":"m"}'),
    )),
)  # fmt: skip
def test_what_a_whole_response_says_is_what_a_reading_makes_of_it(kind: bytes, encoding: bytes, body: bytes) -> None:
    lines = b"".join(b"%b\r\n" % one for one in (kind, encoding) if one)
    head = parse_response(b"HTTP/1.1 200 OK\r\n%b\r\n" % lines)
    fields = head.fields
    reading = Reading(fields.get(b"content-type", b"").strip().lower(), fields.get(b"content-encoding", b""))
    reading.feed(body)
    assert said_whole(head, body) == reading.usage()
