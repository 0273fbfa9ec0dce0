"""The fields of a form that asks for a context: one a fact, `not known` among the choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.policy.words import fact_name
from carnet.web.asking import EMPTY, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from carnet.model.flow import Control
    from carnet.policy.facts import Fact
    from carnet.web.asking import Asked

GROUPS = ("Where it runs", "The account", "Switches", "Settings")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a field."""

    value: str
    """What the address writes; empty leaves the fact out."""
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One fact as a part of a form."""

    name: str
    label: str
    help: str
    group: str
    choices: tuple[Choice, ...]
    """Empty for a fact that is typed in."""
    chosen: str


def fields(asked: Asked, facts: Iterable[str]) -> list[tuple[str, list[Field]]]:
    """Fields of these facts by group, in the pack's order."""
    wanted = set(facts)
    found = [_field(asked, control) for control in asked.book.controls if control.fact in wanted]
    return [(group, members) for group in GROUPS if (members := [one for one in found if one.group == group])]


def facts_of(asked: Asked) -> list[str]:
    """Facts that some rule of the date reads."""
    return [fact.name for fact in asked.tables.facts]


def _field(asked: Asked, control: Control) -> Field:
    fact = asked.tables.facts[asked.tables.place[control.fact]]
    chosen = asked.given.get(control.fact, "")
    choices = _choices(asked, control, fact)
    if choices and chosen not in {one.value for one in choices}:
        choices = (*choices, Choice(chosen, "set to nothing" if chosen == EMPTY else f"set to {chosen}"))
    label, told = (fact_name(control.fact), control.title) if _is_open(control) else (control.title, "")
    return Field(control.fact, label, told, _group(control), choices, chosen)


def _is_open(control: Control) -> bool:
    return control.fact.startswith(("env.", "settings."))


def _group(control: Control) -> str:
    if control.fact.startswith("env."):
        return GROUPS[2]
    if control.fact.startswith("settings."):
        return GROUPS[3]
    return GROUPS[1] if set(control.scopes) & {"account", "organisation"} else GROUPS[0]


def _choices(asked: Asked, control: Control, fact: Fact) -> tuple[Choice, ...]:
    unknown = Choice(UNKNOWN, "not known")
    if control.kind == "version":
        return ()
    if control.fact.startswith("env."):
        return (Choice("", "not set"), *_values(control), unknown)
    if control.fact.startswith("settings."):
        return (Choice("", "not set"), *_settings(control), unknown)
    if control.kind == "choice":
        return (Choice("", "not known"), *(Choice(name, asked.words.title(fact.name, name)) for name in fact.classes))
    known = (Choice("on", "yes"), Choice("off", "no"))
    if fact.absent is None:
        return (Choice("", "not known"), *known)
    assumed = "yes" if fact.absent.startswith("on") else "no"
    return (Choice("", f"not given (assumed: {assumed})"), *known, unknown)


def _values(control: Control) -> Sequence[Choice]:
    value = next((reading.on[0] for reading in control.readings if reading.on), "1")
    return (Choice(value, f"set to {value}"), Choice("0", "set to 0"))


def _settings(control: Control) -> Sequence[Choice]:
    if control.kind == "rate":
        return (Choice("0", "0"), Choice("0.5", "0.5"), Choice("1", "1"))
    if control.kind == "days":
        return (Choice("7", "7"), Choice("30", "30"), Choice("365", "365"))
    return (Choice("true", "true"), Choice("false", "false"))
