"""Who makes room where all connections are taken: whoever has the most of them gives one that asks for nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Rest:
    """A connection without a request under way, or whose request does not go on."""

    due: float
    """When it is let go anyhow: the sooner, the longer it has been so."""
    kept: bool
    """It was answered, and has begun nothing since: its client is ready to lose it."""


class Guest(Protocol):
    """A connection, as far as it is asked."""

    peer: str

    def rest(self) -> Rest | None:
        """None while a request is under way and goes on."""
        ...


Anyone = TypeVar("Anyone", bound=Guest)


def who_yields(new: Anyone, there: Collection[Anyone]) -> Anyone | None:
    """Of an address that has more than the new one's: any that rests; of its own: one that was kept open.

    An address whose connections are all busy gives none. Each is looked at once.
    """
    shares = Counter(one.peer for one in there)
    own = shares[new.peer]
    found: Anyone | None = None
    best = 0, False, 0.0
    for one in there:
        share, rest = shares[one.peer], None if one is new else one.rest()
        if rest is None or not (share > own or (one.peer == new.peer and rest.kept)):
            continue
        rank = share, rest.kept, -rest.due
        if found is None or rank > best:
            found, best = one, rank
    return found


def peer_of(host: str) -> str:
    """Whom connections of an address are counted for: whoever has one address of IPv6 has all of its network."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
