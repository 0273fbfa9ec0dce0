from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.bounds import Bounds
from carnet.gateway.heads import parse_response
from carnet.gateway.outgoing import Outgoing
from tests.gateway.rounding import at_once
from tests.gateway.upstream import STREAM, chunk, plain

if TYPE_CHECKING:
    import asyncio

    from carnet.gateway.heads import Pair, ResponseHead

GET = b"GET / HTTP/1.1\r\n\r\n"


class Wire:
    """A transport that remembers what is done to it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.aborted = False

    def write(self, raw: bytes) -> None:
        self.sent.append(raw)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


class Heard:
    """A receiver that remembers."""

    def __init__(self) -> None:
        self.informational: list[int] = []
        self.head: ResponseHead | None = None
        self.payload = b""
        self.end: object = None

    def informed(self, head: ResponseHead) -> None:
        self.informational.append(head.status)

    def received(self, head: ResponseHead | None, payload: bytes, trailers: tuple[Pair, ...] | None) -> None:
        assert self.end is None
        assert (head is None) != (self.head is None)
        self.head = head or self.head
        self.payload += payload
        self.end = trailers

    def whole(self, status: int, start: int, data: bytes) -> None:
        self.received(parse_response(data[:start]), data[start:], ())
        assert self.head is not None
        assert (status, start) == (self.head.status, len(self.head.raw))

    def passed(self, payload: bytes, chunk: bytes) -> None:
        assert chunk == b"%x\r\n%b\r\n" % (len(payload), payload)
        self.received(None, payload, None)

    def lost(self, what: str) -> None:
        assert self.end is None
        self.end = what


def asked(method: bytes = b"GET") -> tuple[Outgoing, Wire, Heard]:
    connection, wire, heard = Outgoing(Bounds(), at_once()), Wire(), Heard()
    connection.connection_made(cast("asyncio.Transport", wire))
    connection.ask(heard, method, GET)
    return connection, wire, heard


def fed(raw: bytes, cuts: list[int], method: bytes = b"GET") -> tuple[object, ...]:
    connection, wire, heard = asked(method)
    at = 0
    for upto in sorted({*(cut for cut in cuts if cut < len(raw)), len(raw)}):
        if not wire.aborted:
            connection.data_received(raw[at:upto])
        at = upto
    connection.connection_lost(None)
    status = heard.head.status if heard.head else 0
    return heard.informational, status, heard.payload, heard.end


RESPONSES = (
    plain(b"body"),
    STREAM + chunk(b"ab") + chunk(b"cd") + b"0\r\n\r\n",
    STREAM + chunk(b"ab") + b"2;x=y\r\ncd\r\n0\r\nA: b\r\n\r\n",
    STREAM + chunk(b"ab") + b"garbage",
    STREAM + chunk(b"ab"),
    b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + plain(b"body"),
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    b"SSH-2.0 hello",
    b"HTTP/2 200\r\n\r\n",
    b"HTTP/1.1 200 OK\nA: b\n\n\r\n\r\n",
)


@given(st.sampled_from(RESPONSES), st.lists(st.integers(0, 200), max_size=10), st.sampled_from([b"GET", b"POST"]))
def test_a_response_reads_the_same_however_it_arrives(raw: bytes, cuts: list[int], method: bytes) -> None:
    assert fed(raw, cuts, method) == fed(raw, [])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (RESPONSES[0], ([], 200, b"body", ())),
        (RESPONSES[1], ([], 200, b"abcd", ())),
        (RESPONSES[2], ([], 200, b"abcd", ((b"A", b"b"),))),
        (RESPONSES[3], ([], 200, b"ab", "garbage")),
        (RESPONSES[4], ([], 200, b"ab", "lost")),
        (RESPONSES[5], ([103, 100], 200, b"body", ())),
        (RESPONSES[6], ([], 0, b"", "garbage")),
        (RESPONSES[7], ([], 200, b"until the end", ())),
        (RESPONSES[8], ([], 200, b"until the end", ())),
        (RESPONSES[9], ([], 0, b"", "garbage")),
        (RESPONSES[10], ([100] * 8, 0, b"", "garbage")),
        (RESPONSES[11], ([], 0, b"", "garbage")),
        (RESPONSES[12], ([], 0, b"", "garbage")),
        (RESPONSES[13], ([], 0, b"", "garbage")),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000, ([], 0, b"", "garbage")),
        (b"", ([], 0, b"", "lost")),
    ],
)
def test_a_response_is_read_to_its_end_or_to_its_fault(raw: bytes, expected: tuple[object, ...]) -> None:
    assert fed(raw, []) == expected
    assert fed(raw, [], b"POST") == expected


@pytest.mark.parametrize("raw", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n"])
def test_what_has_no_body_ends_with_its_head(raw: bytes) -> None:
    connection, _, heard = asked()
    connection.data_received(raw)
    assert heard.end == ()
    assert connection.usable


def test_a_response_to_head_ends_with_its_head() -> None:
    assert fed(plain(b"")[:-6] + b" 40\r\n\r\n", [], b"HEAD")[3] == ()


@pytest.mark.parametrize(
    ("raw", "usable"),
    [
        (plain(b"body"), True),
        (plain(b"body", b"200 OK", b"Connection: close"), False),
        (plain(b"body").replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (plain(b"body") + b"HTTP/1.1 200 OK\r\n", False),
        (b"HTTP/1.1 204 No Content\r\n\r\nbody", False),
    ],
)
def test_a_connection_is_used_again_only_where_it_is_in_step(raw: bytes, usable: bool) -> None:  # noqa: FBT001
    connection, _, heard = asked()
    connection.data_received(raw)
    assert heard.end == ()
    assert connection.usable is usable


def test_an_idle_connection_that_speaks_is_ended() -> None:
    connection, wire, _ = asked()
    connection.data_received(plain(b"body"))
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    assert wire.aborted


def test_a_connection_that_was_dropped_tells_nobody() -> None:
    connection, wire, heard = asked()
    connection.drop()
    connection.connection_lost(None)
    assert wire.aborted
    assert heard.end is None


def test_a_body_without_framing_that_ends_in_a_fault_is_lost() -> None:
    connection, _, heard = asked()
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nabc")
    connection.connection_lost(ConnectionResetError())
    assert (heard.payload, heard.end) == (b"abc", "lost")


@pytest.mark.parametrize("read", [b"3\r\nabc\r\n", b"a\r\n0123456789\r\n"])
def test_a_chunk_that_comes_alone_and_as_we_would_write_it_is_passed_on_as_it_is(read: bytes) -> None:
    connection, _, heard = asked()
    connection.data_received(STREAM + chunk(b"first"))
    passed: list[tuple[bytes, bytes]] = []
    heard.passed = lambda payload, chunk: passed.append((payload, chunk))  # type: ignore[method-assign]
    connection.data_received(read)
    assert passed == [(read.partition(b"\r\n")[2][:-2], read)]


@pytest.mark.parametrize(
    "read", [b"03\r\nabc\r\n", b"3;a=b\r\nabc\r\n", b"A\r\n0123456789\r\n", b"3\r\nabc\r", b"3\r\nabc\r\n3\r\nabc\r\n"]
)
def test_any_other_chunk_is_read_and_written_anew(read: bytes) -> None:
    connection, _, heard = asked()
    connection.data_received(STREAM + chunk(b"first"))
    passed: list[tuple[bytes, bytes]] = []
    heard.passed = lambda payload, chunk: passed.append((payload, chunk))  # type: ignore[method-assign]
    connection.data_received(read)
    assert passed == []
    assert heard.payload.startswith(b"first")
    assert len(heard.payload) > len(b"first")
