"""Where the gateway is that is checked."""

from __future__ import annotations

from dataclasses import dataclass

from carnet.gateway.upstreams import read_base
from carnet.model.loopback import is_loopback


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
        return is_loopback(self.host)


def target_at(url: str) -> Target:
    """Read an address. Raises CarnetError saying what is wrong with it."""
    return Target(*read_base(url, "the gateway"))
