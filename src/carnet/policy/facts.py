"""Facts of a context, sorted into the few classes that rules can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from carnet.model.flow import Control, Reading

ASSUMED = "*"
"""Suffix of a class that was assumed because the context left the fact out."""


class NotKnown:
    """What a context gives for a fact that it says is not known, though leaving it out would mean a default."""


NOT_KNOWN = NotKnown()
FALSY = ("0", "false", "no", "off")
TRUTHY = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that the rules of a date read."""

    name: str
    classes: tuple[str, ...]
    """Every class it can have, the absent one (if it has one of its own) included."""
    absent: str | None
    """Class of a context that does not give it; None: not known."""
    kind: str
    reading: Reading | None = None

    def classify(self, raw: object) -> str | None:
        """Class of a raw value; None where no document says what the value does."""
        return None if raw is NOT_KNOWN else _BY_KIND[self.kind](self, raw)

    def nearest(self, other: str) -> str:
        """This fact's class for a class of the same fact on another date (versions have other floors there)."""
        return other if other in self.classes else self.classify(other) or other


def _switch(fact: Fact, raw: object) -> str | None:
    if isinstance(raw, bool):
        return "on" if raw else "off"
    reading = fact.reading
    text = str(raw)
    if reading is None or reading.reads == "truthy":
        return _truthy(text)
    if reading.reads == "set":
        return "on"
    if reading.reads == "nonempty":
        return "on" if text else "off"
    if text in reading.on:
        return "on"
    return "off" if text in reading.off or not text else None


def _truthy(text: str) -> str | None:
    folded = text.strip().lower()
    if folded in TRUTHY:
        return "on"
    return "off" if folded in FALSY or not folded else None


def _choice(fact: Fact, raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw in fact.classes else None


def _rate(_fact: Fact, raw: object) -> str | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        return "invalid"
    return "zero" if raw == 0 else "one" if raw == 1 else "between"


def _days(_fact: Fact, raw: object) -> str | None:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        return "invalid"
    return "given"


def _version(fact: Fact, raw: object) -> str | None:
    wanted = version_key(str(raw))
    if wanted is None:
        return None
    return max((floor for floor in fact.classes if (version_key(floor) or (0,)) <= wanted), key=version_key_or_zero)


def version_key(text: str) -> tuple[int, ...] | None:
    """Sort key of a dotted version such as 2.1.198; None for anything else."""
    parts = text.removeprefix("v").split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else None


def version_key_or_zero(text: str) -> tuple[int, ...]:
    return version_key(text) or (0,)


_BY_KIND = {"switch": _switch, "choice": _choice, "rate": _rate, "days": _days, "version": _version}


def fact_at(control: Control, day: date, floors: Sequence[str]) -> Fact:
    """The fact as it is read on a day."""
    reading = next((r for r in control.readings if (r.since is None or r.since <= day) and _before(day, r)), None)
    if control.kind == "version":
        return Fact(control.fact, ("0", *sorted(set(floors), key=version_key_or_zero)), None, "version")
    closed = control.fact.startswith(("env.", "settings."))
    if control.kind == "rate":
        return Fact(control.fact, ("unset", "zero", "between", "one", "invalid"), "unset", "rate")
    if control.kind == "days":
        return Fact(control.fact, ("unset", "given", "invalid"), "unset", "days")
    if control.kind == "choice":
        return Fact(control.fact, control.classes, _assumed(control), "choice")
    absent = (control.default or "off") if closed else _assumed(control)
    return Fact(control.fact, ("on", "off"), absent, "switch", reading)


def _before(day: date, reading: Reading) -> bool:
    return reading.until is None or day < reading.until


def _assumed(control: Control) -> str | None:
    return None if control.default is None else control.default + ASSUMED


def flatten(context: Mapping[str, object], above: str = "") -> dict[str, object]:
    """Nested and dotted keys made the same: {"org": {"zdr": true}} is {"org.zdr": true}.

    Raises CarnetError for a fact that is given both ways with two values.
    """
    flat: dict[str, object] = {}
    for key, value in context.items():
        below = flatten(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
        if twice := next((name for name in below if name in flat and flat[name] != below[name]), None):
            raise CarnetError(f"{twice}: given twice, nested and dotted, with two values; give it once")
        flat.update(below)
    return flat
