"""One list: a file of names, read whole or not at all."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.gateway.domains.formats import FORMATS, recognised, rows_of
from carnet.gateway.domains.index import BELOW, EXACT, NameIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carnet.gateway.domains.asked import Asked

Stamp = tuple[int, int, int]
"""What tells a file from another at the same place: its time, its size, its inode."""

MOST_BYTES = 1_000_000_000
_HEAD = 65536


class ListError(CarnetError):
    """Raised when a list cannot be read; the text names the file, and the line where there is one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list that the settings name."""

    path: Path
    role: str
    """`block`, `allow` or `deny`."""
    form: str = ""
    """One of FORMATS; empty: told from the file itself."""
    organisation: str = ""
    """Whose it is; empty: everybody's."""
    below: bool = False
    """Whether names of a file of hosts stand for everything below them, too."""


@dataclass(frozen=True, slots=True)
class DomainList:
    """A list as it was read."""

    wanted: Wanted
    form: str
    names: NameIndex
    stamp: Stamp
    read: datetime
    seconds: float
    """Time it took to read."""

    def imitated(self, asked: Asked) -> int:
        """The number of a listed name that a host looks like without being it; -1 where there is none."""
        for looks in filter(None, (asked.looks, asked.otherwise)):
            for place, international in enumerate(asked.international):
                wanted = BELOW if place else EXACT
                for number in self.names.alike(looks[place]) if international else ():
                    if self.names.flags(number) & wanted and self.names.name(number) != asked.names[place]:
                        return number
        return -1

    def place(self, number: int) -> str:
        """Where an entry stands."""
        return f"{self.wanted.path}:{self.names.line(number)}"


def read_list(wanted: Wanted, now: datetime) -> DomainList:
    """Read a list. Raises ListError; a file that changes while it is read is not read."""
    begun = time.monotonic()
    try:
        stamp = stamp_of(wanted.path)
        if stamp[1] > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES:,} bytes")  # noqa: TRY301 - told as any other fault of the file
        form, names = _read(wanted)
        changed = stamp_of(wanted.path) != stamp
    except OSError as error:
        raise ListError(f"{wanted.path}: cannot be read: {error.strerror or error}") from error
    except (CarnetError, ValueError) as error:
        raise ListError(f"{wanted.path}: {error}") from error
    if changed:
        raise ListError(f"{wanted.path}: it changed while it was read; write a new file and rename it")
    return DomainList(wanted, form, names, stamp, now, time.monotonic() - begun)


def _read(wanted: Wanted) -> tuple[str, NameIndex]:
    with wanted.path.open("rb") as file:
        form = wanted.form or recognised(file.read(_HEAD))
        file.seek(0)
        return form, NameIndex(_spread(rows_of(file, form), below=wanted.below and form == "hosts"))


def _spread(rows: Iterator[tuple[bytes, int, int]], *, below: bool) -> Iterator[tuple[bytes, int, int]]:
    if not below:
        return rows
    return ((name, flags | BELOW, line) for name, flags, line in rows)


def stamp_of(path: Path) -> Stamp:
    found = os.stat(path)  # noqa: PTH116 - one call for all three
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_wanted(text: str, role: str, *, below: bool = False) -> tuple[Wanted, ...]:
    """Lists as a setting names them: `PATH` or `FORMAT:PATH`, comma-separated."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        form, colon, path = part.partition(":")
        named = colon and form in FORMATS
        found.append(Wanted(Path(path if named else part).expanduser(), role, form if named else "", below=below))
    return tuple(found)
