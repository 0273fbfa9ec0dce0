"""Limits of single keys and organisations: given by name, written down, told in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.errors import FieldError
from carnet.model.account import Caps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.model.account import ApiKey
    from carnet.stores.records_contract import Keys

CAPS = {
    "requests-per-minute": "requests_per_minute",
    "tokens-per-minute": "tokens_per_minute",
    "at-once": "at_once",
}
"""Option -> attribute."""
MOST = 1_000_000_000


def capped(caps: Caps, given: Mapping[str, int | None]) -> Caps:
    """The limits with those changed that are given, by option; None takes one back, so that the settings decide."""
    return replace(caps, **_checked(given))


def limit_key(keys: Keys, id_: str, given: Mapping[str, int | None]) -> ApiKey:
    """Change some limits of a key. Raises NotFoundError where there is none."""
    return keys.limit(id_, _checked(given))


def _checked(given: Mapping[str, int | None]) -> dict[str, int | None]:
    """By attribute."""
    for name, value in given.items():
        if value is not None and not 0 <= value <= MOST:
            raise FieldError(name, f"{value} is not a number from 0 (no limit) to {MOST}")
    return {CAPS[name]: value for name, value in given.items()}


def caps_changes(before: Caps, after: Caps) -> dict[str, str]:
    """What differs, by option, in words."""
    pairs = {name: (getattr(before, attribute), getattr(after, attribute)) for name, attribute in CAPS.items()}
    return {name: _words(new) for name, (old, new) in pairs.items() if old != new}


def caps_words(caps: Caps) -> list[str]:
    """Those that are set, as `at once: 5`."""
    return [f"{name.replace('-', ' ')}: {said}" for name, said in caps_changes(Caps(), caps).items()]


def _words(value: int | None) -> str:
    if value is None:
        return "as the settings say"
    return f"{value:,}" if value else "no limit"
