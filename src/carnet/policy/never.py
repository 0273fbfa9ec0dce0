"""Hosts that may never be fetched from, whatever a list says: they lead into somebody's own network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.capture.addresses import METADATA, objection

if TYPE_CHECKING:
    from carnet.model.host import Host

METADATA_NAMES = frozenset(
    {
        *("metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.tencentyun.com"),
        *("metadata.platformequinix.com", "metadata.packet.net", "metadata.azure.internal", "metadata.udhcp.com"),
        *("metadata", "instance-data", "rancher-metadata"),
    }
)
"""Names that clouds give their metadata services. Each answers with credentials of the machine that asks."""

LOCAL_ZONES = frozenset(
    {
        *("localhost", "local", "internal"),  # RFC 6761, RFC 6762, ICANN's resolution of 2024
        *("localdomain", "lan", "home", "corp", "intranet", "private"),  # RFC 6762, appendix G; never delegated
        "svc",  # never delegated; kubernetes.default.svc is every cluster's own
    }
)
"""Zones that mean something else in every network; home.arpa (RFC 8375) is one, too."""


def never(host: Host) -> tuple[str, str] | None:
    """The reason's id, and why in words; None where nothing stands against the host itself."""
    if host.address is not None:
        return _address(host)
    name = host.name
    if name in METADATA_NAMES:
        return "metadata", "it is the name of a cloud's metadata service"
    above, dot, last = name.rpartition(".")
    if last in LOCAL_ZONES or (last == "arpa" and (above == "home" or above.endswith(".home"))):
        zone = last if last in LOCAL_ZONES else "home.arpa"
        return "local-name", f"names in .{zone} belong to the network one is in"
    return None if dot else ("single-label", "a name of one label is looked up in the network one is in")


def _address(host: Host) -> tuple[str, str] | None:
    assert host.address is not None  # noqa: S101 - the caller looked
    what = objection(host.address)
    if what:
        return (
            "metadata" if str(host.address) in METADATA or "metadata" in what else "private-address"
        ), f"it is {what}"
    if not host.usual:
        return "odd-address", f"it is the address {host.address}, written so as not to be recognised"
    return None
