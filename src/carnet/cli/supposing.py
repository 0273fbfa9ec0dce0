"""Facts given on a command line: `--if FACT=VALUE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def overlay(given: Sequence[str]) -> Mapping[str, object]:
    """Facts given as FACT=VALUE; an empty value takes the fact away. Raises CarnetError for what is no fact."""
    facts: dict[str, object] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise CarnetError(f"--if {text}: write FACT=VALUE, such as provider=bedrock or env.DISABLE_TELEMETRY=1")
        facts[name.strip()] = _value(name.strip(), value)
    return facts


def _value(name: str, text: str) -> object:
    """A value as the fact's family writes it; None takes the fact away."""
    if text in {"", "unset"}:
        return None
    if name.startswith("settings.") or text in {"true", "false"}:
        return _json(text) if not name.startswith("env.") else text
    return text


def _json(text: str) -> object:
    import json  # noqa: PLC0415 - only a settings value needs it

    try:
        return json.loads(text)
    except ValueError:
        return text
