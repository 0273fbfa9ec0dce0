"""What hostile clients and upstreams send, cut anywhere, held against llhttp and h11."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.driving import drive
from tests.gateway.ground import KEY
from tests.gateway.judging import check_chunks, check_client, check_events, check_upstream
from tests.gateway.test_bodies import BAD_CHUNKS
from tests.gateway.test_heads import BAD_REQUESTS
from tests.gateway.test_outgoing import RESPONSES
from tests.gateway.upstream import DELTA, START, STOP

HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: " + KEY + b"\r\n"
LAST = HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

SMUGGLED = {
    **{name: raw.replace(b"Host: a\r\n", b"Host: a\r\nx-api-key: " + KEY + b"\r\n", 1) + b"{}" + LAST
       for name, raw in BAD_REQUESTS.items()},
    **{f"in chunks, {name}": CHUNKED + raw + LAST for name, raw in BAD_CHUNKS.items()},
    "an injected header in the address": HEAD.replace(b"/v1/messages", b"/v1/messages?a=\r\nX: y") + b"\r\n",
    "an injected header in a value": HEAD + b"anthropic-beta: a\rX: y\r\n\r\n",
    "half a CR LF in a value": HEAD + b"anthropic-beta: a\n\r\nX: y\r\n\r\n",
    "an overlong UTF-8 line end": HEAD + b"a: b\xc4\x8a\xc4\x8dX: y\0\r\n\r\n",
    "a target with a NUL": HEAD.replace(b"/v1/messages", b"/v1/messages\0") + b"\r\n",
    "a target with a tab": HEAD.replace(b"/v1/messages", b"/v1/messages\t") + b"\r\n",
    "a target beyond ASCII": HEAD.replace(b"/v1/messages", b"/v1/messages\xff") + b"\r\n",
    "a head that is too long": HEAD + b"a: " + b"b" * 5_000 + b"\r\n\r\n",
    "too many headers": HEAD + b"a: b\r\n" * 50 + b"\r\n",
    "an address that is too long": HEAD.replace(b"/v1/messages", b"/v1/messages?" + b"a" * 400) + b"\r\n",
    "a body that is too long": HEAD + b"Content-Length: 5001\r\n\r\n" + b"x" * 5001,
    "chunks that are too long": CHUNKED + b"1389\r\n" + b"x" * 5001 + b"\r\n0\r\n\r\n",
    "a chunk of all memory": CHUNKED + b"ffffffff\r\n" + b"x" * 6_000,
}  # fmt: skip


@pytest.mark.parametrize("raw", SMUGGLED.values(), ids=SMUGGLED)
def test_what_could_smuggle_is_refused_and_nothing_behind_it_is_heard(raw: bytes) -> None:
    driven = check_client(raw, range(0, len(raw), max(1, len(raw) // 40)))
    assert driven.requests == ()
    assert driven.ended
    assert re.findall(rb"HTTP/1\.1 (\d)", driven.answered) in ([b"4"], [b"5"])


LAWFUL = {
    "one after the other": HEAD + b"Content-Length: 2\r\n\r\n{}" + LAST,
    "chunks, then another": CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n" + LAST,
    "a wish to upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{}" + LAST,
    "headers it nominates": HEAD + b"Connection: host, x-api-key, content-length\r\nContent-Length: 2\r\n\r\n{}" + LAST,
    "a GET with a body": HEAD.replace(b"POST /v1/messages", b"GET /v1/models") + b"Content-Length: 2\r\n\r\n{}" + LAST,
}


@pytest.mark.parametrize("raw", LAWFUL.values(), ids=LAWFUL)
def test_what_is_lawful_if_odd_goes_on_as_two_requests(raw: bytes) -> None:
    assert len(check_client(raw, range(len(raw))).requests) == 2


PIECES = st.sampled_from([
    HEAD, LAST, CHUNKED, b"GET /v1/models HTTP/1.1\r\n", b"HEAD /api/hello HTTP/1.1\r\n", b"POST /nowhere HTTP/1.1\r\n",
    b"Host: a\r\n", b"x-api-key: " + KEY + b"\r\n", b"Content-Length: 3\r\n", b"content-length:0\r\n",
    b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:\tchunked \r\n", b"Connection: close\r\n",
    b"Connection: keep-alive, te\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"\r\n", b"\n", b"\r", b" ",
    b"\t", b"\0", b":", b"abc", b"3\r\nabc\r\n", b"3;a=b\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"{}",
])  # fmt: skip
CUTS = st.lists(st.integers(1, 600), max_size=8)


@settings(max_examples=250)
@given(st.lists(PIECES, max_size=14).map(b"".join), CUTS)
def test_no_mixture_of_pieces_is_read_otherwise_in_parts_or_by_others(raw: bytes, cuts: list[int]) -> None:
    check_client(raw, cuts)


@given(st.sampled_from([*SMUGGLED.values(), *LAWFUL.values()]), st.data(), CUTS)
def test_no_byte_that_is_changed_gets_anything_through(raw: bytes, data: st.DataObject, cuts: list[int]) -> None:
    raw = raw[:1_000]
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.sampled_from(b"\r\n\0 \t:;,0aZ\x7f\xff"))
    check_client(raw[:at] + bytes([byte]) + raw[at + 1 :], cuts)


ANSWERS = st.lists(
    st.sampled_from([
        *RESPONSES, b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 204 No Content\r\n",
        b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"A: b\r\n", b"\r\n",
        b"\n", b"\r", b"\0", b"ab", b"2\r\nab\r\n", b"0\r\n\r\n", b"0\r\nSet-Cookie: a\r\n\r\n",
    ]),
    max_size=8,
).map(b"".join)  # fmt: skip


@settings(max_examples=250)
@given(ANSWERS, CUTS)
def test_no_answer_is_two_and_none_is_read_otherwise_in_parts(answer: bytes, cuts: list[int]) -> None:
    check_upstream(answer, cuts)


def test_an_answer_that_is_two_ends_the_connection_it_came_on_and_the_second_goes_nowhere() -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    driven = check_upstream(first + b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nevil", ())
    assert b"evil" not in driven.answered
    assert b"Set-Cookie" not in driven.answered


def test_a_request_in_the_body_of_one_that_is_refused_is_not_heard() -> None:
    inner = LAST
    raw = HEAD.replace(b"/v1/messages", b"/nowhere") + b"Content-Length: %d\r\n\r\n" % len(inner) + inner
    driven = drive(raw)
    assert driven.requests == ()
    assert driven.answered.count(b"HTTP/1.1 ") == 1


@given(st.lists(st.sampled_from([START, DELTA, STOP, b"data: {", b"\r", b"\n", b"event: error\n"]), max_size=8), CUTS)
def test_no_stream_says_otherwise_in_parts(pieces: list[bytes], cuts: list[int]) -> None:
    check_events(b"".join(pieces), cuts)
    check_chunks(b"".join(pieces), cuts)
