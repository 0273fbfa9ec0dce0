"""What changes on the way, and nothing else: Host, credentials, hop-by-hop headers, framing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.bodies import CHUNKED, UNTIL_CLOSE

if TYPE_CHECKING:
    from carnet.gateway.formats import Format
    from carnet.gateway.heads import Pair, RequestHead, ResponseHead
    from carnet.gateway.upstreams import Upstream

HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
    b"te", b"transfer-encoding", b"upgrade", b"http2-settings",
})  # fmt: skip
"""Of one connection only (RFC 9110, 7.6.1)."""
_ONLY_TO_US = HOP | {b"host", b"content-length", b"expect"}


def nominated(head: RequestHead | ResponseHead) -> frozenset[bytes]:
    """Names that Connection headers declare hop-by-hop."""
    if b"connection" not in head.fields:
        return frozenset()
    found: set[bytes] = set()
    for name, (_, value) in zip(head.names, head.pairs, strict=True):
        if name == b"connection":
            found.update(word.strip(b" \t").lower() for word in value.split(b","))
    return frozenset(found)


def keeps_alive(head: RequestHead | ResponseHead) -> bool:
    """Whether another message may follow on the same connection. HTTP/1.0 is not kept open."""
    return bool(head.minor) and (b"connection" not in head.fields or b"close" not in nominated(head))


def request_head(head: RequestHead, style: Format, upstream: Upstream, size: int) -> bytes:
    """The head that goes upstream, with its closing empty line. `size` is that of the body, already read."""
    lines = [b"%b %b%b HTTP/1.1" % (head.method, upstream.prefix, head.target)]
    ours, credentials = _ONLY_TO_US | nominated(head), style.credentials
    left = list(upstream.credential)
    for name, pair in zip(head.names, head.pairs, strict=True):
        if name in credentials:
            lines += [b"%b: %b" % one for one in left]
            left.clear()
        elif name not in ours:
            lines.append(b"%b: %b" % pair)
        elif name == b"host":
            lines.append(b"%b: %b" % (pair[0], upstream.authority))
        elif name in {b"content-length", b"transfer-encoding"}:
            # a body in chunks has been read to its end: its length is known
            lines.append(b"%b: %d" % (b"Content-Length" if name == b"transfer-encoding" else pair[0], size))
    lines += [b"%b: %b" % one for one in left]
    if not head.minor and b"host" not in head.fields:
        lines.append(b"Host: %b" % upstream.authority)
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def response_head(head: ResponseHead, length: int, minor: int, *, closing: bool) -> bytes:
    """The head that goes to a client of HTTP/1.MINOR, with its closing empty line."""
    lines = [b"HTTP/1.1 %d %b" % (head.status, head.reason)]
    dropped = HOP | nominated(head) if b"connection" in head.fields else HOP
    lines += [b"%b: %b" % pair for name, pair in zip(head.names, head.pairs, strict=True) if name not in dropped]
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
