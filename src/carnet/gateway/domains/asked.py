"""A host as lists are searched for it: the name itself and every name above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from carnet.gateway.domains.skeleton import ascii_skeleton_bytes, skeleton

if TYPE_CHECKING:
    from carnet.model.host import Host


class Asked(NamedTuple):
    """A host's name from each of its labels on: the whole first, the last label last; an address is one whole."""

    names: tuple[bytes, ...]
    looks: tuple[bytes, ...]
    """Their skeletons."""
    international: tuple[bool, ...] = ()
    """Which of them have letters beyond ASCII; empty: none."""
    otherwise: tuple[bytes, ...] = ()
    """Skeletons by another reading; empty: there is none."""


PALOCHKA = "\u04cf"
"""Unicode likens this Cyrillic letter to an i; in most typefaces it is an l, and is used as one."""


def asked(host: Host) -> Asked:
    name = host.name
    if name != host.shown:
        return _international(host)
    text = name.encode()
    looks = ascii_skeleton_bytes(text)
    if host.address is not None:
        return Asked((text,), (looks,))
    names = _ends(text)
    return Asked(names, names if looks == text else _ends(looks))


def _ends(text: bytes) -> tuple[bytes, ...]:
    found = [text]
    while (place := text.find(b".")) >= 0:
        text = text[place + 1 :]
        found.append(text)
    return tuple(found)


def _international(host: Host) -> Asked:
    looks = _ends(skeleton(host.shown).encode("utf-8", "surrogatepass"))
    shown = _ends(host.shown.encode("utf-8", "surrogatepass"))
    other = skeleton(host.shown.replace(PALOCHKA, "l")) if PALOCHKA in host.shown else ""
    return Asked(
        _ends(host.name.encode()),
        looks,
        tuple(not one.isascii() for one in shown),
        _ends(other.encode("utf-8", "surrogatepass")) if other else (),
    )
