"""Whether a value has the shape its key wants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carnet.agent.layout import Shape

LARGEST_WHOLE = 2**53
"""Whole numbers beyond are none to the agent."""


def fits(shape: Shape, value: object) -> bool:
    """Whether the agent takes the value as it is, or leaves only this key out."""
    if value is None and shape.null_ignored:
        return True
    return _KINDS[shape.kind](shape, value)


def wanted(shape: Shape) -> str:
    """What a value should be, for people."""
    if shape.kind == "choice":
        return "one of " + ", ".join(f'"{word}"' for word in shape.one_of)
    return _WORDS[shape.kind]


def env_text(value: object) -> str:
    """A value of an `env` block as the variable the agent makes of it."""
    match value:
        case str():
            return value
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case float() if not math.isfinite(value):
            return "Infinity" if value > 0 else "-Infinity"
        case int() | float():
            return str(value)
        case list():
            return ",".join("" if item is None else env_text(item) for item in value)
    return "[object Object]"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < LARGEST_WHOLE


def _within(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _hooks(shape: Shape, value: object) -> bool:
    """Anything but an object is ignored alone; a known event with a broken list voids the file."""
    if not isinstance(value, dict):
        return True
    return all(_matchers(rows) for event, rows in value.items() if event in shape.one_of)


def _matchers(rows: object) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict)
        and isinstance(row.get("matcher", ""), str)
        and isinstance(row.get("hooks"), list)
        and all(_hook(hook) for hook in row["hooks"])
        for row in rows
    )


def _hook(hook: object) -> bool:
    if not isinstance(hook, dict) or not isinstance(hook.get("type"), str):
        return False
    return hook["type"] != "command" or isinstance(hook.get("command"), str)


def _command(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "command" and isinstance(value.get("command"), str)


def _object(value: object, inner: Callable[[object], bool]) -> bool:
    return isinstance(value, dict) and all(inner(one) for one in value.values())


_KINDS: Mapping[str, Callable[[Shape, object], bool]] = {
    "any": lambda _s, _v: True,
    "flag": lambda _s, v: isinstance(v, bool),
    "flag or object": lambda _s, v: v is True or v is False or isinstance(v, dict),
    "text": lambda _s, v: isinstance(v, str),
    "texts": lambda _s, v: _texts(v),
    "rules": lambda _s, v: isinstance(v, list),
    "text or texts": lambda _s, v: _texts(v) or (isinstance(v, str) and bool(v)),
    "any text or texts": lambda _s, v: isinstance(v, str) or _texts(v),
    "choice": lambda s, v: v in s.one_of,
    "count": lambda _s, v: _whole(v, 1),
    "whole": lambda _s, v: _whole(v, 0),
    "rate": lambda _s, v: _within(v, 0, 1),
    "share": lambda _s, v: _within(v, 0, 1) and v != 0,
    "number": lambda _s, v: _number(v),
    "object": lambda _s, v: isinstance(v, dict),
    "object of texts": lambda _s, v: _object(v, lambda one: isinstance(one, str)),
    "list of objects": lambda _s, v: isinstance(v, list) and all(isinstance(one, dict) for one in v),
    "variables": lambda _s, v: isinstance(v, dict),
    "hooks": _hooks,
    "command": lambda _s, v: _command(v),
}

_WORDS = {
    "any": "anything",
    "flag": "true or false",
    "flag or object": "true, false or an object",
    "text": "a text",
    "texts": "a list of texts",
    "rules": "a list of rules",
    "text or texts": "a list of texts",
    "any text or texts": "a text or a list of texts",
    "count": "a whole number, at least 1",
    "whole": "a whole number, at least 0",
    "rate": "a number from 0 to 1",
    "share": "a number above 0, at most 1",
    "number": "a number",
    "object": "an object",
    "object of texts": "an object of texts",
    "list of objects": "a list of objects",
    "variables": "an object of texts",
    "hooks": "an object of lists of hooks",
    "command": "an object with type and command",
}
KINDS = frozenset(_KINDS)
