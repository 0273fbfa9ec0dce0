"""How many wrong keys somebody may show: so many at once, then one every few seconds."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict


class Allowance:
    """So many at once, and so many more for each second that passes."""

    __slots__ = ("_burst", "_left", "_rate", "_since")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst, self._rate = burst, rate
        self._left, self._since = burst, now

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0 for at once."""
        self._fill(now)
        return 0.0 if self._left >= 1 else (1 - self._left) / self._rate

    def take(self, now: float) -> None:
        self._fill(now)
        self._left = max(0.0, self._left - 1)

    def full(self, now: float) -> bool:
        self._fill(now)
        return self._left >= self._burst

    def _fill(self, now: float) -> None:
        passed = max(0.0, now - self._since)
        self._left = min(self._burst, self._left + passed * self._rate)
        self._since = max(self._since, now)


class Guesses:
    """Wrong keys by peer. Peers it has no room for are forgotten, the longest quiet first."""

    def __init__(self, burst: int = 20, per_minute: float = 10, most: int = 10_000) -> None:
        self._burst, self._rate, self._most = burst, per_minute / 60, most
        self._peers: OrderedDict[str, Allowance] = OrderedDict()

    def wait(self, peer: str, now: float) -> int:
        """Whole seconds until a key that is not known is looked up again for this peer; 0 for at once."""
        allowance = self._peers.get(network(peer))
        return math.ceil(allowance.wait(now)) if allowance else 0

    def wrong(self, peer: str, now: float) -> None:
        """Count a wrong key."""
        name = network(peer)
        allowance = self._peers.pop(name, None) or Allowance(self._burst, self._rate, now)
        allowance.take(now)
        self._peers[name] = allowance
        while len(self._peers) > self._most or next(iter(self._peers.values())).full(now):
            self._peers.popitem(last=False)

    def __len__(self) -> int:
        return len(self._peers)


def network(peer: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 that one holder of IPv6 addresses can choose from."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
