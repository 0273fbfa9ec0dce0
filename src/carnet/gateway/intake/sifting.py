"""How values of a shape are sifted: put together once for each place in the list, with the fewest steps for each value.

Clients send the same few sets of names again and again. What becomes of a set is looked up once; after that each
object with these names costs its allowed fields, and one count for all that are dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from carnet.gateway.intake.words import CHECKS

if TYPE_CHECKING:
    from carnet.gateway.intake.prints import Prints
    from carnet.gateway.intake.words import Check

MOST_ELEMENTS = 1000
"""Of one list that are kept."""
MOST_PLANS, LONGEST_NAMES = 512, 2048
"""Sets of names remembered for one place, and characters that the names of one may have together."""
Shape = str | Mapping[str, "Shape"] | list["Shape"]


class Sifted(Protocol):
    """What a sieve is to the values in it."""

    prints: Prints
    tally: Tally

    def typed(self, value: object, path: str) -> object: ...


Keep = Callable[[Any, Sifted], object]
"""What may be kept of a value; None: nothing."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Which names say more than that they are not in the list."""

    drop: Collection[str]
    """Names that may be told when they are dropped."""
    vendor: Check
    """A module's name, where it is the vendor's."""
    beside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Where a field is kept only beside another: path of the object -> (the field, the other)."""


class Paths:
    """Paths that are dropped together. Each is itself alone: nothing of it is compared to count it."""

    __slots__ = ("paths",)

    def __init__(self, paths: Counter[str]) -> None:
        self.paths = paths


class Tally(msgspec.Struct, gc=False):
    """How often what was dropped."""

    alone: dict[str, int] = msgspec.field(default_factory=partial(defaultdict, int))
    together: dict[Paths, int] = msgspec.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.alone or self.together)

    def all(self) -> Counter[str]:
        """By path."""
        found = Counter(self.alone)
        for one, number in self.together.items():
            for path, times in one.paths.items():
                found[path] += times * number
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of an object with a set of names. What is kept has the order of the list."""

    leaves: tuple[tuple[str, Check, str], ...]
    """Name, check and path of what the value alone decides."""
    others: tuple[tuple[str, Keep], ...]
    dropped: Paths | None


class Plans(dict[tuple[str, ...], Plan]):
    """Plans by the names of an object, as far as there is room: names can be anything."""

    def __init__(self, shape: Mapping[str, Shape], path: str, naming: Naming) -> None:
        super().__init__()
        self._shape, self._path, self._naming = shape, path, naming
        self._checks = {key: check for key, one in shape.items() if (check := checked_by(one, naming)) is not None}
        self._keeps = {
            key: keep_of(one, f"{path}.{key}", naming) for key, one in shape.items() if key not in self._checks
        }

    def __missing__(self, names: tuple[str, ...]) -> Plan:
        path, checks, keeps, drop = self._path, self._checks, self._keeps, self._naming.drop
        had = set(names)
        away = Counter(f"{path}.{name if name in drop else '*'}" for name in names if name not in self._shape)
        found = Plan(
            tuple((name, check, f"{path}.{name}") for name, check in checks.items() if name in had),
            tuple((name, keep) for name, keep in keeps.items() if name in had),
            Paths(away) if away else None,
        )
        if len(self) >= MOST_PLANS:  # somebody sends names that nobody sends twice
            self.clear()
        if sum(map(len, names)) + len(names) <= LONGEST_NAMES:
            self[names] = found
        return found


def keep_of(shape: Shape, path: str, naming: Naming) -> Keep:
    """How values of a shape are sifted at a place."""
    if isinstance(shape, str):
        return _leaf(shape, path, naming)
    if isinstance(shape, list):
        return elements(keep_of(shape[0], f"{path}[]", naming), path)
    return _fields(shape, path, naming)


def checked_by(shape: Shape, naming: Naming) -> Check | None:
    """What decides by the value alone."""
    if not isinstance(shape, str):
        return None
    return naming.vendor if shape == "vendor" else CHECKS.get(shape)


def _leaf(shape: str, path: str, naming: Naming) -> Keep:
    own: Mapping[str, Keep] = {
        "print": lambda value, sieve: sieve.prints.of(value) if isinstance(value, str) else None,
        "sentry-attributes": lambda value, sieve: sieve.typed(value, path),
    }
    alone = checked_by(shape, naming)
    find = own[shape] if alone is None else lambda value, _: alone(value)

    def keep(value: object, sieve: Sifted) -> object:
        found = find(value, sieve)
        if found is None and value is not None:
            sieve.tally.alone[path] += 1
        return found

    return keep


def elements(keep_one: Keep, path: str) -> Keep:
    """How a list is sifted whose elements are sifted so."""
    below = f"{path}[]"

    def keep(value: object, sieve: Sifted) -> object:
        if not isinstance(value, list):
            _count(value, sieve, path)
            return None
        if len(value) > MOST_ELEMENTS:
            sieve.tally.alone[below] += len(value) - MOST_ELEMENTS
            value = value[:MOST_ELEMENTS]
        return [let for one in value if (let := keep_one(one, sieve)) is not None]

    return keep


def _fields(shape: Mapping[str, Shape], path: str, naming: Naming) -> Keep:
    plans = Plans(shape, path, naming)
    bound, to = naming.beside.get(path, ("", ""))
    unbound = f"{path}.{bound}"

    def keep(value: object, sieve: Sifted) -> object:
        if not isinstance(value, dict):
            _count(value, sieve, path)
            return None
        plan = plans[tuple(value)]
        tally = sieve.tally
        if plan.dropped is not None:
            tally.together[plan.dropped] = tally.together.get(plan.dropped, 0) + 1
        found = {}
        for key, check, where in plan.leaves:
            one = value[key]
            if (let := check(one)) is not None:
                found[key] = let
            elif one is not None:
                tally.alone[where] += 1
        if bound in found and to not in found:
            del found[bound]
            tally.alone[unbound] += 1
        for key, keep_one in plan.others:
            if (let := keep_one(value[key], sieve)) is not None:
                found[key] = let
        return found

    return keep


def _count(value: object, sieve: Sifted, path: str) -> None:
    if value is not None:
        sieve.tally.alone[path] += 1
