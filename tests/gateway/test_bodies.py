from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.bodies import (
    CHUNKED,
    UNTIL_CLOSE,
    Chunked,
    body_of,
    request_length,
    response_length,
)
from carnet.gateway.errors import MalformedError
from carnet.gateway.heads import parse_request, parse_response

BAD_CHUNKS = {
    "a size that is no number": b"x\r\nab\r\n0\r\n\r\n",
    "no size": b"\r\nab\r\n0\r\n\r\n",
    "a size with a sign": b"+2\r\nab\r\n0\r\n\r\n",
    "a size with 0x": b"0x2\r\nab\r\n0\r\n\r\n",
    "a size with a space before it": b" 2\r\nab\r\n0\r\n\r\n",
    "a size with a space behind it": b"2 \r\nab\r\n0\r\n\r\n",
    "a size beyond any": b"ffffffffffffffff2\r\nab\r\n0\r\n\r\n",
    "a size of 64 bits": b"8000000000000000\r\nab\r\n0\r\n\r\n",
    "a size with many zeros": b"0000000002\r\nab\r\n0\r\n\r\n",
    "an extension": b"2;a=b\r\nab\r\n0\r\n\r\n",
    "an extension of nothing": b"2;\r\nab\r\n0\r\n\r\n",
    "an extension of the last chunk": b"2\r\nab\r\n0;a\r\n\r\n",
    "a bare LF behind the size": b"2\nab\r\n0\r\n\r\n",
    "a bare CR behind the size": b"2\rab\r\n0\r\n\r\n",
    "a bare LF behind the data": b"2\r\nab\n0\r\n\r\n",
    "more data than the size": b"2\r\nabc\r\n0\r\n\r\n",
    "less data than the size": b"4\r\nab\r\n0\r\n\r\n0\r\n\r\n",
    "a trailer with a bare LF": b"0\r\nA: b\nC: d\r\n\r\n",
    "a trailer that goes on": b"0\r\nA: b\r\n c\r\n\r\n",
    "a trailer with a NUL": b"0\r\nA: \0\r\n\r\n",
    "a trailer with a space before the colon": b"0\r\nA : b\r\n\r\n",
    "a trailer without a colon": b"0\r\nA\r\n\r\n",
    "a length for a trailer": b"0\r\ncontent-Length: 5\r\n\r\n",
    "a coding for a trailer": b"0\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a host for a trailer": b"0\r\nHost: b\r\n\r\n",
    "trailers without an end": b"0\r\n" + b"A: b\r\n" * 4000,
}


@pytest.mark.parametrize("raw", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_chunks_that_two_readers_could_read_otherwise_are_refused(raw: bytes) -> None:
    body = Chunked()
    body.feed(raw)
    assert body.fault is not None
    assert not body.ended


def test_a_whole_body_in_chunks_gives_payload_trailers_and_what_follows() -> None:
    body = Chunked()
    payload = body.feed(b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\nz:\r\n\r\nGET /")
    assert (payload, body.ended, body.trailers, body.rest) == (
        b"abc0123456789", True, ((b"X", b"y"), (b"z", b"")), b"GET /"
    )  # fmt: skip


def test_an_upstream_may_send_extensions_and_they_end_here() -> None:
    body = Chunked(256)
    assert body.feed(b"3;a=b\r\nabc\r\n0 ; c\r\n\r\n") == b"abc"
    assert body.ended


def test_what_came_before_a_fault_is_given_back() -> None:
    body = Chunked()
    assert body.feed(b"3\r\nabc\r\n2\r\nxyz") == b"abcxy"
    assert body.fault is not None


PIECES = st.sampled_from([
    b"0", b"1", b"2", b"a", b"\r\n", b"\r", b"\n", b";", b" ", b"x", b"1\r\na\r\n", b"0\r\n\r\n", b"A: b\r\n", b":",
])  # fmt: skip


@given(st.lists(PIECES, max_size=14).map(b"".join), st.lists(st.integers(0, 60), max_size=6))
def test_chunks_read_the_same_however_they_arrive(raw: bytes, cuts: list[int]) -> None:
    assert _read(raw, []) == _read(raw, cuts)


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6), st.lists(st.integers(0, 300), max_size=8))
def test_a_lawful_body_in_chunks_is_read_at_every_boundary(parts: list[bytes], cuts: list[int]) -> None:
    raw = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert _read(raw + b"next", cuts) == (b"".join(parts), True, False, b"next")


@given(st.lists(PIECES, max_size=10).map(b"".join))
def test_what_we_read_as_a_whole_body_llhttp_reads_alike(raw: bytes) -> None:
    payload, ended, _, rest = _read(raw, [])
    if ended:
        heard = _llhttp(raw[: len(raw) - len(rest)])
        assert heard == (payload, True)


def _read(raw: bytes, cuts: list[int]) -> tuple[bytes, bool, bool, bytes]:
    body = Chunked()
    payload, at = b"", 0
    for upto in sorted({*(cut for cut in cuts if cut < len(raw)), len(raw)}):
        if body.ended or body.fault is not None:
            break
        payload += body.feed(raw[at:upto])
        at = upto
    rest = body.rest + raw[at:] if body.ended else b""
    return payload, body.ended, body.fault is not None, rest


def _llhttp(raw: bytes) -> tuple[bytes, bool]:
    class Ear:
        payload = b""
        complete = False

        def on_body(self, part: bytes) -> None:
            self.payload += part

        def on_message_complete(self) -> None:
            self.complete = True

    ear = Ear()
    httptools.HttpRequestParser(ear).feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)
    return ear.payload, ear.complete


def test_a_counted_body_leaves_what_follows() -> None:
    body = body_of(5)
    assert body.feed(b"ab") == b"ab"
    assert not body.ended
    assert body.feed(b"cdeGET") == b"cde"
    assert (body.ended, body.rest) == (True, b"GET")


def test_a_body_of_nothing_has_ended_before_it_began() -> None:
    assert body_of(0).ended


def test_a_body_without_framing_never_ends_by_itself() -> None:
    body = body_of(UNTIL_CLOSE)
    assert body.feed(b"abc") == b"abc"
    assert not body.ended


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"", 0),
        (b"Content-Length: 0\r\n", 0),
        (b"content-length: 12\r\n", 12),
        (b"Transfer-Encoding: Chunked\r\n", CHUNKED),
    ],
)
def test_a_request_says_how_long_its_body_is(lines: bytes, expected: int) -> None:
    assert request_length(parse_request(b"POST / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")) == expected


@pytest.mark.parametrize(
    ("raw", "method", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"GET", UNTIL_CLOSE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", b"GET", 7),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", b"HEAD", 0),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"GET", 0),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", b"GET", 0),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET", CHUNKED),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"GET", UNTIL_CLOSE),
    ],
)
def test_a_response_says_how_long_its_body_is(raw: bytes, method: bytes, expected: int) -> None:
    assert response_length(parse_response(raw), method) == expected


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: five\r\n",
        b"Transfer-Encoding: gzip\r\n",
    ],
)
def test_a_response_of_two_lengths_is_refused(lines: bytes) -> None:
    with pytest.raises(MalformedError):
        response_length(parse_response(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"), b"GET")


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_chunk_that_is_taken_whole_is_what_feeding_it_gives(before: bytes, data: bytes) -> None:
    """Whatever was fed before: only a chunk that begins where one may begin is taken."""
    for tried in (data, b"%x\r\n%b\r\n" % (len(data), data)):
        fed, asked = Chunked(), Chunked()
        for body in (fed, asked):
            body.feed(before)
        if fed.ended or fed.fault is not None:
            return
        whole = asked.whole_chunk(tried)
        if whole is not None:
            assert fed.feed(tried) == whole
            assert not fed.ended
            assert tried == b"%x\r\n%b\r\n" % (len(whole), whole)
            assert whole


def test_a_body_that_is_not_in_chunks_has_none() -> None:
    for length in (9, UNTIL_CLOSE):
        assert body_of(length).whole_chunk(b"1\r\na\r\n") is None
