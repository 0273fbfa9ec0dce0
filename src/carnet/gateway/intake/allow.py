"""The allow-list: what of a report may be kept, as a tree of fields and kinds of values read from a file."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carnet.errors import CarnetError
from carnet.gateway.intake.words import CHECKS, dotted

if TYPE_CHECKING:
    from carnet.gateway.intake.prints import Prints
    from carnet.gateway.intake.words import Check

FILE = Path(__file__).with_name("allow.toml")
MOST_ELEMENTS = 1000
"""Of one list that are kept."""
OWN = ("print", "vendor", "sentry-attributes")
"""Kinds that need more than the value."""
_LISTS = ("namespaces", "drop")

Read = Callable[[Any], object]
Shape = str | Mapping[str, "Shape"] | list["Shape"]


@dataclass(frozen=True, slots=True)
class Allow:
    """What may be kept."""

    trees: Mapping[str, Shape]
    """By the name of what is reported: event, session, …"""
    attributes: Mapping[str, Check]
    namespaces: tuple[str, ...]
    """Each with the dot behind it."""
    drop: frozenset[str]
    """Names that may be told when they are dropped; others could be anything."""


@dataclass(slots=True)
class Sieve:
    """Lets through what the list allows, and counts what it does not by its path."""

    allow: Allow
    prints: Prints
    dropped: Counter[str] = field(default_factory=Counter)

    def kept(self, shape: Shape, value: object, path: str) -> object:
        """What may be kept of a value; None: nothing."""
        if isinstance(shape, str):
            found = self._leaf(shape, value, path)
            if found is None and value is not None:
                self.dropped[path] += 1
            return found
        if isinstance(shape, list):
            return self._elements(shape[0], value, path)
        return self._fields(shape, value, path)

    def _fields(self, shape: Mapping[str, Shape], value: object, path: str) -> object:
        if not isinstance(value, dict):
            self._drop(path, value)
            return None
        found = {}
        for key, one in value.items():
            below = shape.get(key)
            if below is None:
                self.drop(path, key)
            elif (let := self.kept(below, one, f"{path}.{key}")) is not None:
                found[key] = let
        return found

    def _elements(self, shape: Shape, value: object, path: str) -> object:
        if not isinstance(value, list):
            self._drop(path, value)
            return None
        if len(value) > MOST_ELEMENTS:
            self.dropped[f"{path}[]"] += len(value) - MOST_ELEMENTS
        below = f"{path}[]"
        return [let for one in value[:MOST_ELEMENTS] if (let := self.kept(shape, one, below)) is not None]

    def _leaf(self, shape: str, value: object, path: str) -> object:
        if shape == "print":
            return self.prints.of(value) if isinstance(value, str) else None
        if shape == "vendor":
            return self.vendor(value)
        if shape == "sentry-attributes":
            return self.typed(value, path)
        return CHECKS[shape](value)

    def vendor(self, value: object) -> str | None:
        """A module's name, where it is below one of the namespaces."""
        name = dotted(value)
        return name if name is not None and f"{name}.".startswith(self.allow.namespaces) else None

    def typed(self, value: object, path: str) -> object:
        """Attributes as Sentry writes them: each with its type beside its value."""
        if not isinstance(value, dict):
            return None
        pairs = ((key, one.get("value") if isinstance(one, dict) else one) for key, one in value.items())
        return self.attributes(pairs, path)

    def attributes(self, pairs: Iterable[tuple[str, Any]], path: str, read: Read | None = None) -> dict[str, object]:
        """Of (name, value) pairs those that may be kept; `read` makes a plain value of one that is looked at."""
        found: dict[str, object] = {}
        checks, dropped = self.allow.attributes, self.dropped
        for key, value in pairs:
            check = checks.get(key)
            if check is None:
                self.drop(path, key)
                continue
            let = check(value if read is None else read(value))
            if let is None:
                dropped[f"{path}.{key}"] += 1
            else:
                found[key] = let
        return found

    def drop(self, path: str, key: object) -> None:
        """Count a field that no list names, by its name only if that is one we know."""
        self.dropped[_told(path, key if key in self.allow.drop else "*")] += 1

    def _drop(self, path: str, value: object) -> None:
        if value is not None:
            self.dropped[path] += 1


@lru_cache(maxsize=1 << 12)
def _told(path: str, key: object) -> str:
    return f"{path}.{key}"


@cache
def allow_of(own: str = "") -> Allow:
    """The list, with what an operator's own file adds. Raises CarnetError naming what is wrong in that file."""
    tree = tomllib.loads(FILE.read_text("utf-8"))
    if own:
        tree = _merged(tree, _read(Path(own).expanduser()), own)
    attributes = tree.pop("attributes")
    namespaces, drop = (tree.pop(name) for name in _LISTS)
    _check(tree, own or str(FILE))
    _check({"attributes": attributes}, own or str(FILE))
    checks = {key: CHECKS[kind] for key, kind in attributes.items()}
    return Allow(tree, checks, tuple(f"{one}." for one in namespaces), frozenset(drop))


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{path}: cannot be read as TOML (setting intake.allow): {error}") from error


def _merged(tree: dict[str, object], own: Mapping[str, object], file: str) -> dict[str, object]:
    found = dict(tree)
    for key, value in own.items():
        had = found.get(key)
        if had is None:
            found[key] = value
        elif isinstance(had, dict) and isinstance(value, dict):
            found[key] = _merged(had, value, file)
        elif isinstance(had, list) and isinstance(value, list) and key in _LISTS:
            found[key] = [*had, *value]
        elif had != value:
            raise CarnetError(f"{file}: {key}: the list has this already; a file of your own adds and changes nothing")
    return found


def _check(shape: object, file: str, above: str = "") -> None:
    if isinstance(shape, dict):
        for key, one in shape.items():
            _check(one, file, f"{above}{key}.")
    elif isinstance(shape, list) and len(shape) == 1:
        _check(shape[0], file, above)
    elif (
        not isinstance(shape, str) or shape not in {*CHECKS, *OWN} or (above.startswith("attributes.") and shape in OWN)
    ):
        known = ", ".join([*CHECKS, *OWN])
        raise CarnetError(f"{file}: {above.rstrip('.')}: this is no kind of value; there are {known}")
