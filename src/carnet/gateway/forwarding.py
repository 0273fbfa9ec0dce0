"""What changes on the way, and nothing else: Host, credentials, hop-by-hop headers, framing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.bodies import CHUNKED, UNTIL_CLOSE
from carnet.gateway.heads import HOP, ResponseHead

if TYPE_CHECKING:
    from carnet.gateway.formats import Format
    from carnet.gateway.heads import Pair, RequestHead
    from carnet.gateway.upstreams import Upstream


def nominated(head: RequestHead | ResponseHead) -> frozenset[bytes]:
    """Names that Connection headers declare hop-by-hop."""
    if b"connection" not in head.names:
        return frozenset()
    found: set[bytes] = set()
    for name, (_, value) in zip(head.names, head.pairs, strict=True):
        if name == b"connection":
            found.update(word.strip(b" \t").lower() for word in value.split(b","))
    return frozenset(found)


def keeps_alive(head: RequestHead | ResponseHead) -> bool:
    """Whether another message may follow on the same connection. HTTP/1.0 is not kept open."""
    if isinstance(head, ResponseHead) and head.only_length:
        return bool(head.minor)
    return bool(head.minor) and (b"connection" not in head.names or b"close" not in nominated(head))


def request_head(head: RequestHead, style: Format, upstream: Upstream, size: int) -> bytes:
    """The head that goes upstream, with its closing empty line. `size` is that of the body, already read."""
    changed = style.changed if upstream.named <= style.changed else style.changed | upstream.named
    if b"connection" in head.names:
        changed |= nominated(head)
    shown = next((name for name in head.names if name in style.credentials), None)

    def instead(name: bytes, line: bytes) -> bytes:
        if name == shown:
            return upstream.shown
        if name == b"host":
            return b"%b: %b" % (_written(line), upstream.authority)
        if name == b"content-length":
            return b"%b: %d" % (_written(line), size)
        # a body in chunks has been read to its end: its length is known
        return b"Content-Length: %d" % size if name == b"transfer-encoding" else b""

    lines = [
        line if name not in changed else instead(name, line) for name, line in zip(head.names, head.lines, strict=True)
    ]
    if shown is None:
        lines.append(upstream.shown)
    if b"host" not in head.fields:
        lines.append(b"Host: %b" % upstream.authority)
    first = b"%b %b%b HTTP/1.1\r\n" % (head.method, upstream.prefix, head.target)
    return b"%b%b\r\n\r\n" % (first, b"\r\n".join(filter(None, lines)))


def _written(line: bytes) -> bytes:
    """The name of a header as the client wrote it."""
    return line.partition(b":")[0]


def response_head(head: ResponseHead, length: int, minor: int, *, closing: bool) -> bytes:
    """The head that goes to a client of HTTP/1.MINOR, with its closing empty line."""
    if head.only_length and length >= 0 and not closing and head.minor and head.raw[12:13] == b" ":
        return head.raw
    lines = [b"HTTP/1.1 %d %b" % (head.status, head.reason)]
    dropped = HOP | nominated(head) if b"connection" in head.names else HOP
    lines += [line for name, line in zip(head.names, head.lines, strict=True) if name not in dropped]
    if length in {CHUNKED, UNTIL_CLOSE} and minor:
        lines.append(b"Transfer-Encoding: chunked")
    if closing:
        lines.append(b"Connection: close")
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def chunk(payload: bytes) -> list[bytes]:
    """One chunk, as pieces to write."""
    return [b"%x\r\n" % len(payload), payload, b"\r\n"]


def last_chunk(trailers: tuple[Pair, ...]) -> bytes:
    """The end of a body in chunks."""
    return b"".join((b"0\r\n", *(b"%b: %b\r\n" % pair for pair in trailers), b"\r\n"))
