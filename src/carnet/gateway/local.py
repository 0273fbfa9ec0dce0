"""What the relay tells this machine about itself: health, readiness, metrics. Other peers get 404 there."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.gateway.heads import RequestHead
    from carnet.gateway.relay import Relay

TEXT = b"text/plain; charset=utf-8"
EXPOSITION = b"text/plain; version=0.0.4; charset=utf-8"


def answered(relay: Relay, head: RequestHead) -> bytes | None:
    """The whole response; None where something else is asked for."""
    if head.method not in {b"GET", b"HEAD"}:
        return None
    match head.path:
        case b"/healthz":
            status, kind, text = b"200 OK", TEXT, "ok\n"
        case b"/readyz":
            why, kind = relay.unready, TEXT
            status, text = (b"503 Service Unavailable", f"not ready: {why}\n") if why else (b"200 OK", "ready\n")
        case b"/metrics":
            status, kind, text = b"200 OK", EXPOSITION, relay.metrics.text()
        case _:
            return None
    body = text.encode()
    lines = (b"HTTP/1.1 " + status, b"content-type: " + kind, b"content-length: %d" % len(body), b"connection: close")
    return b"\r\n".join((*lines, b"", b"" if head.method == b"HEAD" else body))


def is_near(peer: str) -> bool:
    """Whether an address is of this machine."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
