"""Heads of requests and responses: ordered raw pairs, as they came, judged strictly.

httptools (llhttp) reads them. What it lets pass and we do not is judged here, on the raw bytes of the head and on the
pairs. It is given heads only: it cannot stop behind a message, and knows nothing of responses to HEAD (see bodies).
"""

from __future__ import annotations

from dataclasses import dataclass

import httptools

from carnet.gateway.errors import MalformedError

Pair = tuple[bytes, bytes]

END = b"\r\n\r\n"
PLAIN = bytes([9, *range(32, 127), *range(128, 256)])
"""What a line may consist of. A head without these is its line ends."""
SINGLE = frozenset({
    b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect", b"authorization", b"x-api-key",
})  # fmt: skip
"""A request that has two of one of these means two things to two readers."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body."""

    method: bytes
    target: bytes
    """As it came: path and query."""
    minor: int
    """Of HTTP/1.MINOR."""
    pairs: tuple[Pair, ...]
    names: tuple[bytes, ...]
    """Names of the pairs in lower case, in the same order."""
    fields: dict[bytes, bytes]
    """Lower-case name -> value, the last of several; never for writing the head again."""

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response without its body."""

    status: int
    reason: bytes
    minor: int
    pairs: tuple[Pair, ...]
    names: tuple[bytes, ...]
    fields: dict[bytes, bytes]


class Ear:
    """What the parser calls."""

    __slots__ = ("complete", "names", "on_header", "pairs", "reason", "target")

    def __init__(self) -> None:
        self.target = b""
        self.reason = b""
        self.complete = False
        self.pairs: list[Pair] = []
        self.names: list[bytes] = []
        pairs, names = self.pairs.append, self.names.append

        def on_header(name: bytes, value: bytes) -> None:
            pairs((name, value))
            names(name.lower())

        self.on_header = on_header

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_status(self, part: bytes) -> None:
        self.reason += part

    def on_headers_complete(self) -> None:
        self.complete = True


def parse_request(raw: bytes, most_headers: int = 200, most_target: int = 8192) -> RequestHead:
    """Read a head, its closing empty line included. Raises MalformedError saying what is wrong with it."""
    _judge_bytes(raw)
    _judge_version(raw)
    ear = Ear()
    parser = httptools.HttpRequestParser(ear)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # a wish to upgrade is not heard, and hop by hop: it goes no further
    except httptools.HttpParserError:
        raise MalformedError("the head of the request is no HTTP/1.1") from None
    method, version = parser.get_method(), parser.get_http_version()
    if not ear.complete or method == b"CONNECT":
        raise MalformedError("the head of the request is no HTTP/1.1; this is no proxy for CONNECT")
    head = RequestHead(
        method,
        ear.target,
        1 if version == "1.1" else 0,
        tuple(ear.pairs),
        tuple(ear.names),
        dict(zip(ear.names, [value for _, value in ear.pairs], strict=True)),
    )
    _judge_request(head, most_headers, most_target)
    return head


def parse_response(raw: bytes, most_headers: int = 200) -> ResponseHead:
    """Read a response's head, its closing empty line included. Raises MalformedError."""
    _judge_bytes(raw)
    ear = Ear()
    parser = httptools.HttpResponseParser(ear)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        raise MalformedError("the head of the response is no HTTP/1.1") from None
    if not ear.complete or len(ear.pairs) > most_headers:
        raise MalformedError("the head of the response is no HTTP/1.1, or has too many headers")
    return ResponseHead(
        parser.get_status_code(),
        ear.reason,
        1 if parser.get_http_version() == "1.1" else 0,
        tuple(ear.pairs),
        tuple(ear.names),
        dict(zip(ear.names, [value for _, value in ear.pairs], strict=True)),
    )


def judge_begun(raw: bytes, judged: int) -> None:
    """Refuse the beginning of a head that nothing can mend; `judged` bytes of it were looked at before."""
    part = raw[max(judged - 1, 0) :]
    bare = part.count(b"\n") - part.count(b"\r\n") - (judged > 0 and part.startswith(b"\n"))
    if bare or part.translate(None, PLAIN + b"\r\n"):
        raise MalformedError(_BYTES)


_BYTES = "the head has a line end that is not CR LF, or a control character"


def _judge_bytes(raw: bytes) -> None:
    ends = raw.translate(None, PLAIN)
    if ends != b"\r\n" * (len(ends) // 2):
        raise MalformedError(_BYTES)
    if b"\r\n " in raw or b"\r\n\t" in raw:
        raise MalformedError("the head has a header that goes on in a next line")


def _judge_version(raw: bytes) -> None:
    line = raw[: raw.find(b"\r\n")]
    if line.endswith((b" HTTP/1.1", b" HTTP/1.0")) and line.count(b" ") == 2:
        return
    if b" HTTP/" in line and not line.endswith((b"1.1", b"1.0")):
        raise MalformedError("only HTTP/1.1 and HTTP/1.0 are spoken here", 505)
    raise MalformedError("the first line is no request of HTTP/1.1")


def _judge_request(head: RequestHead, most_headers: int, most_target: int) -> None:
    if len(head.pairs) > most_headers:
        raise MalformedError(f"more than {most_headers} headers", 431)
    if len(head.target) > most_target:
        raise MalformedError(f"the address is longer than {most_target} bytes", 414)
    if not head.target.startswith(b"/") or head.target.startswith(b"//") or b"#" in head.target:
        raise MalformedError("the address must be a path: this is no forward proxy")
    if len(head.fields) != len(head.names):
        _judge_doubles(head)
    if not head.fields.get(b"host") and head.minor:
        raise MalformedError("there is no Host header")


def _judge_doubles(head: RequestHead) -> None:
    for name in SINGLE:
        if head.names.count(name) > 1:
            raise MalformedError(f"there is more than one {name.decode()} header")
