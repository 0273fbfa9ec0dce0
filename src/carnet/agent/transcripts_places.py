"""The places of a pack's agent: local.toml, read and matched against paths."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.model.place import Place

if TYPE_CHECKING:
    from pathlib import Path

OTHER = Place("other", "**", "not known to Carnet")
"""The place of a file that no pattern names: listed, never touched."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """local.toml."""

    folder: str
    variable: str
    history: str
    settings: str
    period_key: str
    period_days: int
    place: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """All places of one agent."""

    folder: str
    """Name of the agent's folder in a home."""
    variable: str
    """Environment variable that names another folder."""
    history: str
    """File of one prompt a line, aged line by line."""
    settings: str
    """The user's settings file, which may name the period."""
    period_key: str
    period_days: int
    """Days the agent keeps data unless told otherwise."""
    places: tuple[Place, ...]
    patterns: tuple[tuple[re.Pattern[str], Place], ...]

    def place_of(self, path: str) -> Place:
        """The first place whose pattern names a file."""
        return next((place for pattern, place in self.patterns if pattern.fullmatch(path)), OTHER)

    def named(self, name: str) -> Place:
        """The place of that id. Raises CarnetError listing those there are."""
        listed = [place for place in self.places if place.kind == "data"]
        found = next((place for place in listed if place.id == name), None)
        if found is None:
            raise CarnetError(f"no place {name!r}; there are: {', '.join(place.id for place in listed)}")
        return found


@cache
def read_places(pack: Path) -> Places:
    """The places a pack's folder describes. Raises CarnetError naming the file."""
    file = pack / "local.toml"
    try:
        read = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _File)
    except FileNotFoundError:
        raise CarnetError(f"{file}: the pack does not say where its agent keeps data") from None
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    patterns = tuple((_pattern(place.path), place) for place in read.place)
    return Places(
        read.folder,
        read.variable,
        read.history,
        read.settings,
        read.period_key,
        read.period_days,
        read.place,
        patterns,
    )


def _pattern(path: str) -> re.Pattern[str]:
    written = re.escape(path).replace(r"\*\*", ".+").replace(r"\*", "[^/]*")
    return re.compile(written, re.DOTALL)  # a name may hold a line break


def project_folder(path: str) -> str:
    """The name under which the agent keeps a working directory's sessions."""
    return re.sub(r"[^A-Za-z0-9]", "-", path)


def shown(path: str) -> str:
    """A path as text that can be printed: bytes that are no UTF-8 and control characters are escaped."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
