"""Which network addresses may be captured from: public ones, and those the settings name."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

# Public by number, yet answered by the machine's own cloud host.
METADATA = frozenset(
    {"169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"}
    | {"fd00:ec2::254", "fd20:ce::254"}
)

_CGNAT = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
_RELAY_6TO4 = ipaddress.ip_network("192.88.99.0/24")
_RESERVED = (_LOCAL_NAT64, _RELAY_6TO4, _PROTOCOLS)
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The hosts and networks of `watch.allow-private`."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    """(host, port); without a port every port of the host."""
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a comma-separated list of hosts, host:port and networks. Raises CarnetError naming what is none."""
        hosts: set[tuple[str, int | None]] = set()
        networks: list[Network] = []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            network = _network(entry)
            if network is not None:
                networks.append(network)
            else:
                hosts.add(_host(entry))
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int | None) -> bool:
        """Whether the settings name this host, or this address."""
        host = bare(host)
        if (host, None) in self.hosts or (host, port) in self.hosts:
            return True
        address = literal(host)
        return address is not None and self.contains(address)

    def contains(self, address: Address) -> bool:
        """Whether a named network holds this address, or the one that it wraps."""
        return any(address in network for network in self.networks)


def bare(host: str) -> str:
    """A host name without brackets and final dot, in lower case."""
    return host.strip("[]").rstrip(".").lower()


def literal(host: str) -> Address | None:
    """The address a host name spells out; None for a name."""
    try:
        return ipaddress.ip_address(bare(host).partition("%")[0])
    except ValueError:
        return None


def objection(address: Address) -> str:
    """Why an address is not to be captured from, in words; empty for a public one."""
    inner = _embedded(address)
    if inner is not None:
        what = objection(inner)
        return f"{what} (as {inner})" if what else _tunnel(address)
    if str(address) in METADATA:
        return "a metadata address"
    return _kind(address)


def _tunnel(address: Address) -> str:
    """6to4 was retired (RFC 7526): who answers there is whoever runs a relay, and newer Pythons call it not global."""
    return "a retired 6to4 address" if isinstance(address, ipaddress.IPv6Address) and address.sixtofour else ""


def _kind(address: Address) -> str:
    kinds = (
        (address.is_unspecified, "the unspecified address"),
        (address.is_loopback, "a loopback address"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
        (address in _CGNAT, "a carrier's shared address"),
        (address.is_private or getattr(address, "is_site_local", False), "a private address"),
        (not address.is_global or any(address in one for one in _RESERVED), "a reserved address"),
    )
    return next((words for holds, words in kinds if holds), "")


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if address.version == 4:
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    low = int(address) & 0xFFFFFFFF
    wraps = address in _NAT64 or address in _TRANSLATED or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    # ::1 and :: are no wrapped 0.0.0.1 and 0.0.0.0
    return ipaddress.IPv4Address(low) if wraps or (address in _COMPATIBLE and low > 0xFFFF) else None


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _host(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+)(?::(\d{1,5}))?", entry)
    if found is None:
        raise CarnetError(
            f"watch.allow-private: {entry!r} is neither a host, host:port nor a network such as 10.0.0.0/8"
        )
    return bare(found[1]), int(found[2]) if found[2] else None
