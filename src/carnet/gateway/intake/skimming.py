"""JSON read without making anything of what is dropped: most of an error is local variables and lines of code.

It finds what sifting finds in the whole value, byte for byte and count for count, or says that the whole must be read:
where there is a name or a type that it was not made for. Objects of few small fields, as the frames of a stack are,
come again and again; what is kept of them is remembered, without what is dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import astuple

from carnet.gateway.intake.sifting import MOST_PLANS, Paths, checked_by, elements, keep_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carnet.gateway.intake.sifting import Keep, Naming, Shape, Sifted
    from carnet.gateway.intake.words import Check

    Plan = tuple[tuple[tuple[int, str, Check, str], ...], tuple[tuple[int, str, Keep], ...], Paths | None]

Beside = dict[str, tuple[str, ...]]
"""Names that are no surprise though no list has them: by the path of the object that has them."""
MOST_REMEMBERED, LONGEST_REMEMBERED = 1 << 11, 256
"""Objects of one place that are remembered, and characters of the texts in one."""
_ALONE = {"print", "id", "time"}
"""Kinds of values of which each is another."""
_NO_NAME = re.compile(r'["\\\x00-\x1f]')
_PLAIN = str | int | float | bool | None


class Skim:
    """Reads objects of a shape."""

    def __init__(self, shape: Mapping[str, Shape], path: str, naming: Naming, others: Beside) -> None:
        self._decoder: msgspec.json.Decoder[Any] | None = None
        if not _unreadable(shape):
            kind, self._keep = _reading(shape, path, naming, others)
            self._decoder = msgspec.json.Decoder(kind)

    def kept(self, data: bytes, sieve: Sifted) -> dict[str, Any] | None:
        """What may be kept of an object, which nobody may change; None: nothing was done, and all of it must be read.

        Numbers too large for anybody that stand in what is dropped are not looked at.
        """
        if self._decoder is None:
            return None
        try:
            found = self._decoder.decode(data)
            if not data.isascii():
                str(data, "utf-8")  # also of what was passed over
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return None if found is None else self._keep(found, sieve)  # type: ignore[return-value]


def _unreadable(shape: Shape) -> bool:
    """Whether there is a name in it that no field of a Struct may have, as an operator's own list may name one."""
    if isinstance(shape, str):
        return False
    if isinstance(shape, list):
        return _unreadable(shape[0])
    return any(_NO_NAME.search(key) or _unreadable(one) for key, one in shape.items())


def _reading(shape: Shape, path: str, naming: Naming, others: Beside) -> tuple[Any, Keep]:
    """What a value is decoded as, and how that is sifted."""
    if isinstance(shape, str):
        return _PLAIN, keep_of(shape, path, naming)
    if isinstance(shape, list):
        kind, keep = _reading(shape[0], f"{path}[]", naming, others)
        return list[kind] | None, elements(keep, path)  # type: ignore[valid-type]
    return _object(shape, path, naming, others)


def _object(shape: Mapping[str, Shape], path: str, naming: Naming, others: Beside) -> tuple[Any, Keep]:
    checks = {key: check for key, one in shape.items() if (check := checked_by(one, naming)) is not None}
    below = {key: _reading(one, f"{path}.{key}", naming, others) for key, one in shape.items() if key not in checks}
    away = [key for key in others.get(path, ()) if key not in shape]
    names = [*checks, *below, *away]
    kinds = [*[_PLAIN] * len(checks), *[kind for kind, _ in below.values()], *[Raw] * len(away)]
    fields = [(f"f{at}", kind, UNSET) for at, kind in enumerate(kinds)]
    rename = {f"f{at}": name for at, name in enumerate(names)}
    kind = msgspec.defstruct("Skimmed", fields, rename=rename, forbid_unknown_fields=True, gc=False)
    known = Known(checks, {key: keep for key, (_, keep) in below.items()}, away, path, naming)
    again = not below and not _ALONE.intersection(map(str, shape.values()))
    again = again and checks.keys() >= set(naming.beside.get(path, ()))
    return kind | None, known.again if again else known.keep


class Known:
    """What is known of the objects at one place. Their fields are those of `checks`, `keeps` and `away`, in order."""

    def __init__(
        self, checks: Mapping[str, Check], keeps: Mapping[str, Keep], away: Sequence[str], path: str, naming: Naming
    ) -> None:
        self._checks, self._keeps, self._path = checks, keeps, path
        self._away = [f"{path}.{name if name in naming.drop else '*'}" for name in away]
        self._bound, self._to = naming.beside.get(path, ("", ""))
        self._unbound = f"{path}.{self._bound}"
        names = list(checks)
        self._pair = [names.index(key) for key in (self._to, self._bound) if key in checks]
        self._to_at = self._pair[0] if self._pair else 0
        self._rest = _picking([at for at in range(len(names)) if at not in self._pair])
        self._to_check: Check = checks.get(self._to, lambda _: "")
        self._plans: dict[tuple[type, ...], Plan] = {}
        self.remembered: dict[tuple[object, ...], tuple[object, Paths | None]] = {}
        self._once: set[int] = set()
        self._paths: dict[tuple[Paths | None, tuple[str, ...]], Paths] = {}

    def keep(self, row: Any, sieve: Sifted) -> object:
        """What sifting keeps of an object."""
        if row is None:
            return None
        values = astuple(row)
        types = tuple(map(type, values))
        leaves, others, dropped = self._plans.get(types) or self._planned(types)
        tally = sieve.tally
        if dropped is not None:
            tally.together[dropped] = tally.together.get(dropped, 0) + 1
        found = {}
        for at, key, check, where in leaves:
            one = values[at]
            if (let := check(one)) is not None:
                found[key] = let
            elif one is not None:
                tally.alone[where] += 1
        if self._bound in found and self._to not in found:
            del found[self._bound]
            tally.alone[self._unbound] += 1
        for at, key, keep_one in others:
            if (let := keep_one(values[at], sieve)) is not None:
                found[key] = let
        return found

    def again(self, row: Any, sieve: Sifted) -> object:
        """The same, of what was there before perhaps, where all fields are such as the value alone decides."""
        if row is None:
            return None
        values = astuple(row)
        types = tuple(map(type, values))
        bare = self._to_check(values[self._to_at]) is None  # then the value of neither of the pair says anything
        name = (*(self._rest(values) if bare else values[: len(self._checks)]), *types)  # 1 is not true, but equal
        known = self.remembered.get(name)
        if known is None:
            known = self._read(values, types, self._pair if bare else ())
            self._remember(name, known)
        kept, dropped = known
        if dropped is not None:
            together = sieve.tally.together
            together[dropped] = together.get(dropped, 0) + 1
        return kept

    def _read(
        self, values: tuple[Any, ...], types: tuple[type, ...], without: Sequence[int]
    ) -> tuple[object, Paths | None]:
        leaves, _, dropped = self._plans.get(types) or self._planned(types)
        found, failed = {}, []
        for at, key, check, where in leaves:
            one = values[at]
            let = None if at in without else check(one)
            if let is not None:
                found[key] = let
            elif one is not None:
                failed.append(where)
        return found, self._paths_of(dropped, tuple(failed)) if failed else dropped

    def _remember(self, name: tuple[Any, ...], known: tuple[object, Paths | None]) -> None:
        """From the second time on: what comes once would take longer to keep than to read."""
        number = hash(name)
        if number not in self._once:
            if len(self._once) >= MOST_REMEMBERED:
                self._once.clear()
            self._once.add(number)
        elif sum(len(one) for one in name if isinstance(one, str)) <= LONGEST_REMEMBERED:
            if len(self.remembered) >= MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[name] = known

    def _paths_of(self, dropped: Paths | None, failed: tuple[str, ...]) -> Paths:
        """One for all that drop the same."""
        found = self._paths.get((dropped, failed))
        if found is None:
            if len(self._paths) >= MOST_PLANS:
                self._paths.clear()
            away = Counter(failed)
            if dropped is not None:
                away.update(dropped.paths)
            found = self._paths[dropped, failed] = Paths(away)
        return found

    def _planned(self, types: tuple[type, ...]) -> Plan:
        there = [one is not UnsetType for one in types]
        first, second = len(self._checks), len(self._checks) + len(self._keeps)
        away = Counter(path for path, one in zip(self._away, there[second:], strict=True) if one)
        found = (
            tuple((at, key, check, f"{self._path}.{key}")
                  for at, (key, check) in enumerate(self._checks.items()) if there[at]),
            tuple((at, key, keep) for at, (key, keep) in enumerate(self._keeps.items(), first) if there[at]),
            Paths(away) if away else None,
        )  # fmt: skip
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        self._plans[types] = found
        return found


def _picking(places: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What stands at some places."""
    return itemgetter(*places) if len(places) > 1 else lambda values: tuple(values[at] for at in places)
