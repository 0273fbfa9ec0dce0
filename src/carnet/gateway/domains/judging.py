"""Whether a host may be fetched from, and why: the order in which lists and rules decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.domains.asked import asked
from carnet.policy.never import never

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.domains.asked import Asked
    from carnet.gateway.domains.lists import DomainList
    from carnet.model.host import Host

REASONS = {
    "passed": "No list says anything against it.",
    "allowed": "A list of the organisation, or everybody's, allows it.",
    "blocked": "It, or a domain above it, stands on a block list.",
    "denied": "A list of the organisation, or everybody's, denies it.",
    "confusable": "It looks like a name on a list and is another.",
    "metadata": "It is a cloud's metadata service.",
    "private-address": "It is an address of a private network, of this machine, or reserved.",
    "odd-address": "It is an address written so as not to be recognised.",
    "local-name": "It lies in a zone that each network has for itself.",
    "single-label": "It is a name of one label.",
    "no-host": "What was asked about is no host name.",
}
"""Every reason by its id, in the order in which pages tell them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one check."""

    can_fetch: bool
    reason: str
    """One of REASONS."""
    words: str
    """Why, about this host."""
    place: str = ""
    """File and line of the entry that decided; empty where none did."""


@dataclass(frozen=True, slots=True)
class Book:
    """The lists that count for somebody, by what they are for."""

    deny: tuple[DomainList, ...] = ()
    allow: tuple[DomainList, ...] = ()
    block: tuple[DomainList, ...] = ()

    @classmethod
    def of(cls, lists: Sequence[DomainList], organisation: str = "") -> Book:
        """Everybody's lists and those of an organisation."""
        own = [one for one in lists if one.wanted.organisation in {"", organisation}]
        return cls(*(tuple(one for one in own if one.wanted.role == role) for role in ("deny", "allow", "block")))


def decide(host: Host, book: Book) -> Decision:
    """Judge a host. What may never be fetched goes first, then deny lists, allow lists, block lists, look-alikes."""
    found = never(host)
    if found is not None:
        return Decision(False, *found)
    named = asked(host)
    for lists, reason, can_fetch in ((book.deny, "denied", False), (book.allow, "allowed", True)):
        for one in lists:
            if (entry := one.names.find(named.names, named.looks)) is not None and entry[1]:
                return _listed(one, entry[0], reason, can_fetch=can_fetch)
    for one in book.block:
        if (entry := one.names.find(named.names, named.looks)) is not None and entry[1]:
            return _listed(one, entry[0], "blocked", can_fetch=False)
    return (_imitation(named, book) if named.international else None) or PASSED


def _listed(one: DomainList, number: int, reason: str, *, can_fetch: bool) -> Decision:
    name = one.names.name(number).decode()
    return Decision(can_fetch, reason, f"{name} stands on a list to {one.wanted.role}", one.place(number))


def _imitation(named: Asked, book: Book) -> Decision | None:
    for one in (*book.deny, *book.allow, *book.block):
        number = one.imitated(named)
        if number >= 0:
            name = one.names.name(number).decode()
            return Decision(False, "confusable", f"it looks like {name} and is another name", one.place(number))
    return None


PASSED = Decision(True, "passed", "no list says anything against it")
