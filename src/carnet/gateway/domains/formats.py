"""Names out of block lists: files of hosts, of domains, or zones of response policy (RPZ)."""

from __future__ import annotations

import re
from itertools import count, islice, repeat
from typing import TYPE_CHECKING

from carnet.gateway.domains.index import BELOW, EXACT
from carnet.gateway.domains.lines import LineError, numbered, quoted
from carnet.gateway.domains.rpz import rpz_rows
from carnet.model.host import read_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Row = tuple[bytes, int, int]

FORMATS = ("hosts", "domains", "rpz")

_PLAIN = re.compile(rb"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_COMMENT = re.compile(rb"(?:^|\s)[#;!]")
_OWN = re.compile(rb"localhost|local|broadcasthost|localhost\.localdomain|ip6-[a-z0-9-]+|0\.0\.0\.0")
"""Names that every file of hosts has of its own machine; they are not what it lists."""
_OWN_BYTES = (b"localhost", b" local\n", b" ip6-", b" broadcasthost\n")
_SINK = b"\n0.0.0.0 "
_PIECE = 4096
_PLAIN_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789.-_\n"
_ODD = (b"..", b".\n", b"\n.", b"-.", b".-", b"-\n", b"\n-", b"xn--")
_NUMERIC = re.compile(rb"[.\n](?:[0-9]+|0x[0-9a-f]*)\n")
"""A last label that makes an address of a name, or nothing at all."""
_ZONE = re.compile(rb"^\$(?:TTL|ORIGIN)\b|\s(?:SOA|CNAME)\s", re.IGNORECASE)


def rows_of(lines: Iterable[bytes], form: str) -> Iterator[Row]:
    """(name, flags, line) of everything a list names. Raises LineError for the first line that is not understood."""
    return _rpz(numbered(lines)) if form == "rpz" else _in_pieces(iter(lines), form)


def _in_pieces(lines: Iterator[bytes], form: str) -> Iterator[Row]:
    """Long lists are nearly all plain: whole pieces are looked over at once, and read line by line where not."""
    read, flags = (_hosts, EXACT) if form == "hosts" else (_domains, EXACT | BELOW)
    first = 1
    while piece := list(islice(lines, _PIECE)):
        names = _plain_names(piece, form)
        if names is None:
            yield from read(numbered(piece, first))
        else:
            rows = zip(names, repeat(flags), count(first), strict=False)
            yield from (row for row in rows if row[0]) if b"" in names else rows
        first += len(piece)


def _plain_names(piece: list[bytes], form: str) -> list[bytes] | None:
    """The names of a piece with nothing but one plain name a line, as an index holds them; else None."""
    text = b"\n" + b"".join(piece).replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"
    if form == "hosts":
        if text.count(_SINK) != len(piece) or any(name in text for name in _OWN_BYTES):
            return None
        text = text.replace(_SINK, b"\n")
    if text.translate(None, _PLAIN_BYTES) or any(sign in text for sign in _ODD) or _NUMERIC.search(text):
        return None
    return text[1:-1].split(b"\n")


def recognised(head: bytes) -> str:
    """The format of a list, from its beginning."""
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if _ZONE.search(line):
            return "rpz"
        words = _bare(line).split()
        if len(words) > 1 and _is_address(words[0]):
            return "hosts"
        if words:
            return "domains"
    return "domains"


def _domains(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """`example.com` and `.example.com`: it and all below; `*.example.com`: all below."""
    plain, both = _PLAIN.fullmatch, EXACT | BELOW
    for number, line in lines:
        name = line.strip().lower()
        if plain(name) and b"xn--" not in name:
            yield name, both, number
            continue
        words = _bare(line).split()
        if not words:
            continue
        if len(words) > 1:
            raise LineError(number, f"{quoted(line)} is more than one domain")
        yield _listed(words[0].removeprefix(b"*").removeprefix(b"."), number), _extent(words[0]), number


def _extent(word: bytes) -> int:
    return BELOW if word.startswith(b"*.") else EXACT | BELOW


def _hosts(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """`0.0.0.0 ads.example.com …`: these names, and no others below them."""
    plain, addresses = _PLAIN.fullmatch, {b"0.0.0.0", b"127.0.0.1"}
    for number, line in lines:
        words = _bare(line).split()
        if not words:
            continue
        if len(words) == 1 or (words[0] not in addresses and not _is_address(words[0])):
            raise LineError(number, f"{quoted(line)} is not an address and the names it has")
        for word in words[1:]:
            name = word.lower()
            if plain(name) and b"xn--" not in name:
                yield name, EXACT, number
            elif not _OWN.fullmatch(name.removesuffix(b".")):
                yield _listed(word, number), EXACT, number


def _rpz(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    for name, flags, number in rpz_rows(lines):
        yield _listed(name, number), flags, number


def _listed(text: bytes, number: int) -> bytes:
    """A listed name as the index holds it."""
    try:
        return read_host(text.decode("utf-8")).name.encode("ascii")
    except ValueError:
        # lists hold names from before IDNA 2008, which nobody can ask for any more
        lower = text.lower().removesuffix(b".")
        if b"xn--" in lower and _PLAIN.fullmatch(lower):
            return lower
        raise LineError(number, f"{quoted(text)} is no domain") from None


def _bare(line: bytes) -> bytes:
    found = _COMMENT.search(line)
    return line[: found.start()] if found else line


def _is_address(word: bytes) -> bool:
    try:
        return read_host(word.decode("ascii").partition("%")[0]).address is not None
    except ValueError:
        return False
