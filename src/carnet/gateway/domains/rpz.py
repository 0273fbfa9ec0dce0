"""Response policy zones: which names a zone's rules are about, and whether they block or except."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.gateway.domains.index import BELOW, EXACT, PASS_BELOW, PASS_EXACT
from carnet.gateway.domains.lines import LineError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CLASSES = (b"IN", b"CH", b"HS")
_TTL = re.compile(rb"(?:\d+[smhdw]?)+", re.IGNORECASE)
_OTHER_TRIGGERS = (b"rpz-ip", b"rpz-nsip", b"rpz-nsdname", b"rpz-client-ip")
"""Triggers on addresses, name servers and clients: a host name alone tells nothing of them."""
_OF_ZONE = (b"SOA", b"NS", b"RRSIG", b"NSEC", b"NSEC3", b"NSEC3PARAM", b"DNSKEY", b"ZONEMD")
_TYPES = frozenset(
    {b"A", b"AAAA", b"CNAME", b"DNAME", b"TXT", b"MX", b"SRV", b"PTR", b"HTTPS", b"SVCB", b"CAA", b"NAPTR", *_OF_ZONE}
)
_PASSES = b"rpz-passthru."


def rpz_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[bytes, int, int]]:
    """(name, flags, line) of every rule about a name. Raises LineError."""
    origin = owner = b""
    for number, line in _joined(lines):
        words = line.split()
        if not words:
            continue
        if words[0].startswith(b"$"):
            origin = _directed(words, origin, number)
            continue
        if not line[:1].isspace():
            owner = words.pop(0).lower()
        kind, data = _record(words)
        if not owner or not kind:
            raise LineError(number, "this is no record of a zone: NAME [TTL] [IN] TYPE DATA")
        if kind == b"SOA" and owner != b"@":
            origin = origin or owner
        elif kind not in _OF_ZONE and owner != b"@":
            name = _relative(owner, origin, number)
            if name.rpartition(b".")[2] not in _OTHER_TRIGGERS:
                yield _ruled(name, passes=kind == b"CNAME" and data[:1] == [_PASSES], line=number)


def _directed(words: list[bytes], origin: bytes, number: int) -> bytes:
    """The zone's name after a line that begins with a dollar sign."""
    if words[0].upper() == b"$INCLUDE":
        raise LineError(number, "$INCLUDE is not followed; give each file as a list of its own")
    return words[1].lower() if words[0].upper() == b"$ORIGIN" and len(words) > 1 else origin


def _ruled(name: bytes, *, passes: bool, line: int) -> tuple[bytes, int, int]:
    if name.startswith(b"*."):
        return name[2:], PASS_BELOW if passes else BELOW, line
    return name, PASS_EXACT if passes else EXACT, line


def _record(words: list[bytes]) -> tuple[bytes, list[bytes]]:
    """Type and data, behind a TTL and a class in either order."""
    rest = list(words)
    while rest and (_TTL.fullmatch(rest[0]) or rest[0].upper() in _CLASSES):
        rest.pop(0)
    known = len(rest) > 1 and rest[0].upper() in _TYPES
    return (rest[0].upper(), [one.lower() for one in rest[1:]]) if known else (b"", [])


def _relative(owner: bytes, origin: bytes, number: int) -> bytes:
    """The name a rule is about: its owner without the zone's own name."""
    if not owner.endswith(b"."):
        return owner
    end = b"." + origin.removesuffix(b".") + b"."
    if not origin or not owner.endswith(end):
        raise LineError(number, f"{quoted(owner)} lies outside the zone {quoted(origin)}")
    return owner[: -len(end)]


def _joined(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Lines without comments; what stands in parentheses is one line, numbered as its first."""
    held, first, deep = b"", 0, 0
    for number, raw in lines:
        line = raw.partition(b";")[0].rstrip()
        first = number if not held else first
        deep += line.count(b"(") - line.count(b")")
        held = f"{held.decode('latin-1')} {line.decode('latin-1')}".encode("latin-1") if held else line
        if deep <= 0:
            yield first, held.replace(b"(", b" ").replace(b")", b" ")
            held, deep = b"", 0
    if held:
        yield first, held
