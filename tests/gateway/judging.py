"""What must be true of anything that a client sends, whoever made it up: hypothesis, a fuzzer or an attacker."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11
import httptools

from carnet.gateway.bodies import Chunked
from carnet.gateway.formats import MESSAGES
from carnet.gateway.sse import Reading
from tests.gateway.driving import OK, Far, drive, split
from tests.gateway.ground import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.gateway.driving import Driven

KINDS = (b"text/event-stream", b"application/json", b"text/html")
ENCODINGS = (b"", b"gzip", b"br", b"zstd", b"deflate", b"gzip, br")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass
class Ear:
    """What llhttp hears: the messages that are whole."""

    heard: list[tuple[bytes, bytes]] = field(default_factory=list)
    _target: bytes = b""
    _body: bytes = b""

    def on_message_begin(self) -> None:
        self._target = self._body = b""

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        self.heard.append((self._target, self._body))


def llhttp(raw: bytes) -> list[tuple[bytes, bytes]] | None:
    """Target and body of each request that llhttp finds before it gives up; None where it gives up for a method.

    It knows some methods only. Here any word may be one; those of no route are answered with 404.
    """
    ear = Ear()
    try:
        httptools.HttpRequestParser(ear).feed_data(raw)
    except httptools.HttpParserInvalidMethodError:
        return None
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        pass
    return ear.heard


def h11_request(raw: bytes) -> tuple[h11.Request, bytes]:
    """The one request in these bytes, by h11. Fails where it is none, or something follows."""
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    reader.receive_data(raw)
    request = reader.next_event()
    assert isinstance(request, h11.Request)
    body = bytearray()
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert reader.trailing_data[0] == b"", "something follows a request that was forwarded"
    return request, bytes(body)


def check_client(raw: bytes, cuts: Sequence[int]) -> Driven:
    """Hold what becomes of a client's bytes against all of it. Gives back what became of them."""
    whole, parted = drive(raw), drive(raw, cuts)
    assert _settled(parted) == _settled(whole), "the same bytes, cut otherwise, are something else"
    assert whole.faults == {}
    sent = [h11_request(one) for one in whole.requests]
    for request, (head, _) in zip(whole.requests, sent, strict=True):
        _check_forwarded(request, head)
    heard = llhttp(raw)
    if heard is not None and b"upgrade" not in raw.lower():  # there it stops; here nothing is ever upgraded
        assert [one for one in sent if (bytes(one[0].target), one[1]) not in heard] == [], "llhttp hears otherwise"
    _check_answers(whole.answered)
    return whole


def _settled(driven: Driven) -> tuple[bytes, tuple[bytes, ...], bool]:
    """`100 Continue` is sent only where the body had not come along."""
    return driven.answered.replace(CONTINUE, b""), driven.requests, driven.ended


def _check_forwarded(raw: bytes, head: h11.Request) -> None:
    names = [name for name, _ in head.headers]
    # what a client writes into headers of its own invention goes on
    assert [value for name, value in head.headers if name in MESSAGES.credentials] == [SECRET]
    assert names.count(b"host") == 1
    assert names.count(b"content-length") <= 1
    assert not {b"transfer-encoding", b"connection", b"upgrade", b"expect", b"proxy-authorization"} & set(names)
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert not any(set(line) & set(b"\r\n\0") for line in lines)


def _check_answers(raw: bytes) -> None:
    """Each is the upstream's, or a refusal in the API's own shape."""
    raw = raw.replace(CONTINUE, b"")
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if not rest or rest.startswith(b"HTTP/1.1 "):  # of a HEAD, whose answer has no body
            raw = rest
            continue
        length = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
        body, raw = rest[:length], rest[length:]
        assert len(body) == length
        if lines[0] == b"HTTP/1.1 200 OK":
            assert OK.endswith(body)
        else:
            error = json.loads(body)
            assert (error["type"], error["error"]["message"][:8]) == ("error", "Carnet: ")
            assert set(error["error"]) == {"type", "message"}


def check_upstream(answer: bytes, cuts: Sequence[int]) -> Driven:
    """Hold what becomes of an upstream's bytes against all that must be true of it."""
    ask = b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: %b\r\nContent-Length: 2\r\n\r\n{}" % KEY
    whole, parted = drive(ask, (), Far(answer)), drive(ask, (), Far(answer, cuts))
    assert _unchunked(parted) == _unchunked(whole), "the same answer, cut otherwise, is something else"
    assert whole.faults == {}
    assert len(whole.requests) == 1
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    reader.send(h11.Request(method="POST", target="/", headers=[("host", "a"), ("content-length", "0")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(whole.answered)
    with suppress(h11.RemoteProtocolError):
        while isinstance(reader.next_event(), h11.InformationalResponse | h11.Response | h11.Data):
            pass
        assert reader.trailing_data[0] == b"", "a second answer where one was asked for"
    return whole


def _unchunked(driven: Driven) -> tuple[bytes, bytes]:
    """Heads and payload; how a body is cut into chunks follows how it came."""
    head, _, rest = driven.answered.partition(b"\r\n\r\n")
    while head.rpartition(b"\r\nHTTP/1.1 ")[2].removeprefix(b"HTTP/1.1 ").startswith(b"1"):
        more, _, rest = rest.partition(b"\r\n\r\n")
        head += b"\r\n" + more
    if b"\r\nTransfer-Encoding: chunked" not in head:
        return head, rest
    payload = bytearray()
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            return head, bytes(payload) + b" and " + rest
        payload += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return head, bytes(payload)


def check_chunks(raw: bytes, cuts: Sequence[int]) -> None:
    """The same body in chunks, cut otherwise, is the same."""
    whole, parted = Chunked(256), Chunked(256)
    expected = whole.feed(raw)
    payload, rest = b"", b""
    for part in split(raw, cuts):
        if parted.fault is not None:
            break
        if parted.ended:
            rest += part
        else:
            payload += parted.feed(part)
    assert (payload, parted.ended, parted.trailers) == (expected, whole.ended, whole.trailers)
    assert (parted.fault is None) == (whole.fault is None)
    assert parted.rest + rest == whole.rest


def check_events(raw: bytes, cuts: Sequence[int]) -> None:
    """The same answer, cut otherwise, says the same of itself; and nothing makes its reading fail."""
    kind, encoding = KINDS[len(cuts) % len(KINDS)], ENCODINGS[sum(cuts) % len(ENCODINGS)]
    whole, parted = Reading(kind, encoding), Reading(kind, encoding)
    whole.feed(raw)
    for part in split(raw, cuts):
        parted.feed(part)
    if encoding:  # how much one read may decompress to depends on what it brings
        parted.usage()
    else:
        assert parted.usage() == whole.usage()
