"""A host as somebody names it, in the one form that can be compared and judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import idna

Address = IPv4Address | IPv6Address

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST = 253
_LONGEST_GIVEN = 1000
"""Characters that are looked at; no host name of more can come out as one of 253."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host name or an address. Two texts that lead to the same place have the same `name`."""

    name: str
    """Lower case, no final dot, other scripts as A-labels; an address in its usual form, without brackets."""
    shown: str
    """The same with other scripts in their own letters."""
    address: Address | None = None
    usual: bool = True
    """False for an IPv4 address that is written as no person writes one: octal, hexadecimal, in fewer parts."""

    @property
    def international(self) -> bool:
        """Whether it has letters beyond ASCII."""
        return self.name != self.shown


def read_host(text: str) -> Host:
    """Read a host name or an address, nothing else. Raises ValueError saying what it is instead, never repeating it."""
    if not text or len(text) > _LONGEST_GIVEN:
        raise ValueError("a host name has 1 to 253 characters")
    if (address := _ipv6(text)) is not None:
        return Host(str(address), str(address), address)
    if not text.isascii():
        return _international(text)
    name = text.lower().removesuffix(".")
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise ValueError(_instead(text))
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return _international(name) if name.startswith("xn--") or ".xn--" in name else Host(name, name)


def _ipv6(text: str) -> IPv6Address | None:
    if ":" not in text:
        return None
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in bare:
        raise ValueError("an address with a zone leads to this machine's own networks")
    try:
        return IPv6Address(bare)
    except ValueError:
        raise ValueError(_instead(text)) from None


def _international(text: str) -> Host:
    """A name by UTS 46 (not transitional) and IDNA 2008."""
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower().removesuffix(".")
        shown = idna.decode(name)
    except (UnicodeError, IndexError):
        raise ValueError("this is no host name by IDNA 2008, or not a host name alone") from None
    # full-width digits and the like come out as plain ones
    return _ipv4(name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else Host(name, shown)


def _ipv4(name: str) -> Host:
    """Whatever ends in a number is an address to those who connect (URL Standard, IPv4 parser)."""
    try:
        address = IPv4Address(_packed([_number(part) for part in name.split(".")]))
    except ValueError:
        raise ValueError("what ends in a number is an IPv4 address, and this is none") from None
    return Host(str(address), str(address), address, usual=str(address) == name)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if len(part) > 1 and part.startswith("0") else 10)


def _packed(numbers: list[int]) -> int:
    *first, last = numbers
    if len(first) > 3 or any(one > 255 for one in first) or last >= 256 ** (4 - len(first)):
        raise ValueError
    return sum(one << 8 * (3 - place) for place, one in enumerate(first)) + last


def _instead(text: str) -> str:
    """What a text is that is no host name."""
    for sign, words in _SIGNS.items():
        if sign in text:
            return words
    if any(one.isspace() or not one.isprintable() for one in text):
        return "a host name has no blanks and no control characters"
    return "this is no host name: labels of 1 to 63 letters, digits and hyphens, 253 characters in all"


_SIGNS = {
    "://": "this is a URL; only its host name is wanted",
    "@": "this holds more than a host name (an @); only the host name is wanted",
    "/": "this holds a path; only the host name is wanted",
    "\\": "this holds a backslash; only the host name is wanted",
    "?": "this holds a query; only the host name is wanted",
    "#": "this holds a fragment; only the host name is wanted",
    ":": "this holds a port, or is no IPv6 address; only the host name is wanted",
}
