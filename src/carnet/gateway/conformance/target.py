"""Where the gateway is that is checked."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass

from yarl import URL

from carnet.errors import CarnetError


@dataclass(frozen=True, slots=True)
class Target:
    """The base address that a client would be given."""

    host: str
    port: int
    tls: bool = False
    prefix: bytes = b""
    """Of every path, without a slash at its end."""

    @property
    def authority(self) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}".encode()

    @property
    def near(self) -> bool:
        """Whether it is on this machine."""
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def target_at(url: str) -> Target:
    """Read an address. Raises CarnetError saying what is wrong with it."""
    try:
        read = URL(url)
        host, port = read.host, read.port
    except ValueError:
        host = port = None
    if not host or not port or read.scheme not in {"http", "https"}:
        raise CarnetError(f"{url!r} is no http or https address")
    if read.user is not None or read.query_string or read.fragment:
        raise CarnetError("the address of a gateway may have a path, but no user, query or fragment")
    return Target(host, port, read.scheme == "https", read.raw_path.rstrip("/").encode())
