"""Connections to public addresses: a name is looked up once, every address is judged, and one of them is dialled."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from carnet.agent.fetching.nouns import NotFetchedError
from carnet.documents.capture.addresses import objection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ssl import SSLContext

    from carnet.agent.fetching.deadline import Deadline
    from carnet.model.host import Address, Host


def system_lookup(name: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    return [str(row[4][0]) for row in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Network:
    """How names are looked up, which addresses are no aim, and whose certificates are trusted."""

    lookup: Callable[[str, int], Sequence[str]] = system_lookup
    objection: Callable[[Address], str] = objection
    tls: SSLContext | None = field(default=None)
    """None: the system's authorities."""


def dial(host: Host, port: int, network: Network, deadline: Deadline) -> socket.socket:
    """A connection to a host. Raises NotFetchedError where it, or any address of it, is not public."""
    found = [str(host.address)] if host.address is not None else _looked_up(host, port, network, deadline)
    addresses = [_judged(host, text, network) for text in dict.fromkeys(found)]
    for place, address in enumerate(addresses):
        # an address that swallows packets leaves time for those behind it
        patience = deadline.left() / (len(addresses) - place)
        try:
            connected = socket.create_connection((str(address), port), timeout=patience)
        except OSError:
            continue
        deadline.watch(connected)
        connected.settimeout(deadline.left())
        return connected
    deadline.left()
    raise NotFetchedError(f"{host.shown} cannot be connected to", "unreachable")


def secured(connected: socket.socket, name: str, context: SSLContext | None, deadline: Deadline) -> socket.socket:
    """TLS over a connection. The handshake is under the deadline, too."""
    context = context or ssl.create_default_context()
    found = context.wrap_socket(connected, server_hostname=name, do_handshake_on_connect=False)
    deadline.watch(found)
    try:
        found.do_handshake()
    except BaseException:
        found.close()
        raise
    return found


def _judged(host: Host, text: str, network: Network) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        raise NotFetchedError(f"{host.shown} resolves to something that is no address", "private") from None
    what = "of one network interface only" if "%" in text else network.objection(address)
    if what:
        at = "" if host.address is not None else f" resolves to {address}, which"
        raise NotFetchedError(f"{host.shown}{at} is {what}; only public addresses are fetched from", "private")
    return address


def _looked_up(host: Host, port: int, network: Network, deadline: Deadline) -> Sequence[str]:
    """All addresses of a name. The resolver knows no time limit, so that it is left alone when ours is over."""
    found: list[Sequence[str]] = []

    def look() -> None:
        try:
            found.append(network.lookup(host.name, port))
        except (OSError, UnicodeError):
            found.append(())

    asking = threading.Thread(target=look, name="carnet-lookup", daemon=True)
    asking.start()
    asking.join(deadline.left())
    if not found:
        raise TimeoutError
    if not found[0]:
        raise NotFetchedError(f"{host.shown} has no address", "unreachable")
    return found[0]
