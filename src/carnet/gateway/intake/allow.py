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
Keep = Callable[[Any, "Sieve"], object]
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
    _keeps: dict[tuple[int, str], tuple[Shape, Keep]] = field(default_factory=dict, compare=False, repr=False)

    def keep(self, shape: Shape, path: str) -> Keep:
        """How values of a shape are sifted; put together once for each place where it stands."""
        found = self._keeps.get((id(shape), path))
        if found is None:  # the shape is remembered too, so that its number stays its own
            found = self._keeps[id(shape), path] = shape, _keep(shape, path, self)
        return found[1]


@dataclass(slots=True)
class Sieve:
    """Lets through what the list allows, and counts what it does not by its path."""

    allow: Allow
    prints: Prints
    dropped: Counter[str] = field(default_factory=Counter)

    def kept(self, shape: Shape, value: object, path: str) -> object:
        """What may be kept of a value; None: nothing."""
        return self.allow.keep(shape, path)(value, self)

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
        dropped = self.dropped
        for key, value in pairs:
            name, let = self.judged(key, value, path, read)
            if let is None:
                dropped[name] += 1
            else:
                found[name] = let
        return found

    def judged(self, key: str, value: object, path: str, read: Read | None = None) -> tuple[str, object]:
        """An attribute's name and what may be kept of its value; or the path it is counted under, and None."""
        check = self.allow.attributes.get(key)
        if check is None:
            return self._path(path, key), None
        let = check(value if read is None else read(value))
        return (_told(path, key) if let is None else key), let

    def drop(self, path: str, key: object) -> None:
        """Count a field that no list names, by its name only if that is one we know."""
        self.dropped[self._path(path, key)] += 1

    def _path(self, path: str, key: object) -> str:
        return _told(path, key if key in self.allow.drop else "*")


def _keep(shape: Shape, path: str, allow: Allow) -> Keep:
    if isinstance(shape, str):
        return _leaf(shape, path)
    return _elements(shape[0], path, allow) if isinstance(shape, list) else _fields(shape, path, allow)


def _leaf(shape: str, path: str) -> Keep:
    own: Mapping[str, Keep] = {
        "print": lambda value, sieve: sieve.prints.of(value) if isinstance(value, str) else None,
        "vendor": lambda value, sieve: sieve.vendor(value),
        "sentry-attributes": lambda value, sieve: sieve.typed(value, path),
    }
    check = own.get(shape) or _alone(CHECKS[shape])

    def keep(value: object, sieve: Sieve) -> object:
        found = check(value, sieve)
        if found is None and value is not None:
            sieve.dropped[path] += 1
        return found

    return keep


def _alone(check: Check) -> Keep:
    return lambda value, _: check(value)


def _elements(shape: Shape, path: str, allow: Allow) -> Keep:
    below = f"{path}[]"
    keep_one = _keep(shape, below, allow)

    def keep(value: object, sieve: Sieve) -> object:
        if not isinstance(value, list):
            _count(value, sieve, path)
            return None
        if len(value) > MOST_ELEMENTS:
            sieve.dropped[below] += len(value) - MOST_ELEMENTS
        return [let for one in value[:MOST_ELEMENTS] if (let := keep_one(one, sieve)) is not None]

    return keep


def _fields(shape: Mapping[str, Shape], path: str, allow: Allow) -> Keep:
    keeps = {key: _keep(one, f"{path}.{key}", allow) for key, one in shape.items()}
    told, other = {key: f"{path}.{key}" for key in allow.drop}, f"{path}.*"

    def keep(value: object, sieve: Sieve) -> object:
        if not isinstance(value, dict):
            _count(value, sieve, path)
            return None
        found = {}
        for key, one in value.items():
            keep_one = keeps.get(key)
            if keep_one is None:
                sieve.dropped[told.get(key, other)] += 1
            elif (let := keep_one(one, sieve)) is not None:
                found[key] = let
        return found

    return keep


def _count(value: object, sieve: Sieve, path: str) -> None:
    if value is not None:
        sieve.dropped[path] += 1


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
