"""The allow-list: what of a report may be kept, as a tree of fields and kinds of values read from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.sifting import Keep, Naming, Shape, Tally, keep_of
from carnet.gateway.intake.words import CHECKS, LONGEST, dotted

if TYPE_CHECKING:
    from collections import Counter

    from carnet.gateway.intake.prints import Prints
    from carnet.gateway.intake.words import Check

FILE = Path(__file__).with_name("allow.toml")
OWN = ("print", "vendor", "sentry-attributes")
"""Kinds that need more than the value."""
BESIDE = {"sentry.event.exception.values[].stacktrace.frames[]": ("function", "module")}
"""Names of functions stay in frames of the vendor's own modules alone."""
_LISTS = ("namespaces", "drop")

Read = Callable[[Any], object]


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
    remembered: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What readers remember of names under this list, by the path they read at."""
    _keeps: dict[tuple[int, str], tuple[Shape, Keep]] = field(default_factory=dict, compare=False, repr=False)

    def keep(self, shape: Shape, path: str) -> Keep:
        """How values of a shape are sifted; put together once for each place where it stands."""
        found = self._keeps.get((id(shape), path))
        if found is None:  # the shape is remembered too, so that its number stays its own
            naming = self.naming()
            found = self._keeps[id(shape), path] = shape, keep_of(shape, path, naming)
        return found[1]

    def naming(self) -> Naming:
        """Which names say more than others."""
        return Naming(self.drop, _remembered(self.vendor), BESIDE)

    def vendor(self, value: object) -> str | None:
        """A module's name, where it is below one of the namespaces."""
        return dotted(value) if isinstance(value, str) and f"{value}.".startswith(self.namespaces) else None


class Sieve(msgspec.Struct, gc=False):
    """Lets through what the list allows, and counts what it does not by its path."""

    allow: Allow
    prints: Prints
    tally: Tally = msgspec.field(default_factory=Tally)

    @property
    def dropped(self) -> Counter[str]:
        """Paths of what was not let through, and how often each was there."""
        return self.tally.all()

    def kept(self, shape: Shape, value: object, path: str) -> object:
        """What may be kept of a value; None: nothing."""
        return self.allow.keep(shape, path)(value, self)

    def typed(self, value: object, path: str) -> object:
        """Attributes as Sentry writes them: each with its type beside its value."""
        if not isinstance(value, dict):
            return None
        pairs = ((key, one.get("value") if isinstance(one, dict) else one) for key, one in value.items())
        return self.attributes(pairs, path)

    def attributes(self, pairs: Iterable[tuple[str, Any]], path: str, read: Read | None = None) -> dict[str, object]:
        """Of (name, value) pairs those that may be kept; `read` makes a plain value of one that is looked at."""
        found: dict[str, object] = {}
        dropped = self.tally.alone
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
            return self.path(path, key), None
        let = check(value if read is None else read(value))
        return (_told(path, key) if let is None else key), let

    def drop(self, path: str, key: object) -> None:
        """Count a field that no list names, by its name only if that is one we know."""
        self.tally.alone[self.path(path, key)] += 1

    def path(self, path: str, key: object) -> str:
        """What a field that no list names is counted under."""
        return _told(path, key if key in self.allow.drop else "*")


@lru_cache(maxsize=1 << 12)
def _told(path: str, key: object) -> str:
    return f"{path}.{key}"


def _remembered(vendor: Check) -> Check:
    """The same few modules are asked about again and again."""
    known = lru_cache(maxsize=1 << 12)(vendor)
    return lambda value: known(value) if isinstance(value, str) and len(value) <= LONGEST else None


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
