"""Contexts as people and programs write them, judged before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.policy.facts import flatten, version_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.model.flow import Control
    from carnet.policy.rulebook import Rulebook

OPEN = ("env.", "settings.")
"""Families whose names are not listed: a name not given is unset."""


@dataclass(frozen=True, slots=True)
class Context:
    """All facts about one machine and account at one date."""

    day: date
    facts: Mapping[str, object]
    """Dotted names."""


def read_context(raw: object, rulebook: Rulebook, today: date) -> Context:
    """A context from decoded JSON or TOML. Raises CarnetError naming the field and what it may be."""
    if not isinstance(raw, dict):
        raise CarnetError('a context is a JSON object such as {"provider": "bedrock"}')
    flat = flatten(raw)
    day = as_day(flat.pop("as_of", None), today)
    return Context(day, {name: _value(name, value, rulebook) for name, value in flat.items() if value is not None})


def as_day(raw: object, today: date) -> date:
    """The day that `as_of` means; an instant means its day (UTC)."""
    if raw is None:
        return today
    if isinstance(raw, datetime):
        return raw.astimezone(UTC).date() if raw.tzinfo else raw.date()
    if isinstance(raw, date):
        return raw
    try:
        return datetime.fromisoformat(str(raw)).date() if len(str(raw)) <= len("2026-04-23") else _instant(str(raw))
    except ValueError:
        raise CarnetError(f"as_of: {raw!r} is no date; write 2026-04-23 or 2026-04-23T18:19:00Z") from None


def _instant(text: str) -> date:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).date() if at.tzinfo else at.date()


def _value(name: str, value: object, rulebook: Rulebook) -> object:
    control = rulebook.by_fact.get(name)
    if name.startswith("env."):
        if not isinstance(value, str):
            raise CarnetError(f'{name}: an environment value is a string, not {_kind(value)}; write "{value}"')
        return value
    if name.startswith("settings."):
        return value if isinstance(value, str | int | float | bool) else str(value)
    if name.startswith("network.blocked"):
        return tuple(value) if isinstance(value, list) else value
    if control is None:
        raise CarnetError(
            f"{name}: unknown fact; there are: {', '.join(sorted(_closed(rulebook)))}, env.NAME, settings.KEY"
        )
    return _known(control, value)


def _closed(rulebook: Rulebook) -> list[str]:
    return ["as_of", *(fact for fact in rulebook.by_fact if not fact.startswith(OPEN))]


def _known(control: Control, value: object) -> object:
    if control.kind == "choice" and value not in control.classes:
        raise CarnetError(f"{control.fact}: {value!r} is none of {', '.join(control.classes)}")
    if control.kind == "switch" and not isinstance(value, bool) and value not in {"on", "off", "true", "false"}:
        raise CarnetError(f'{control.fact}: {value!r} is neither true nor false (or "on", "off")')
    if control.kind == "version" and version_key(str(value)) is None:
        raise CarnetError(f"{control.fact}: {value!r} is no version such as 2.1.198")
    return value


def _kind(value: object) -> str:
    return {bool: "true or false", int: "a number", float: "a number", list: "a list"}.get(type(value), "this")
