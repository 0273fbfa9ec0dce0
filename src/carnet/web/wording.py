"""Verdicts, facts and conditions in words a lawyer and an engineer both read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.policy.words import fact_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

VERDICTS = {
    "on": "on",
    "off": "off",
    "on-request": "on request",
    "local-only": "local only",
    "unknown": "unknown",
}
MEANINGS = {
    "on": "happens by itself",
    "on-request": "only when a person starts it",
    "local-only": "written on this machine, nothing is sent",
    "off": "does not happen",
    "unknown": "no document says, or a fact that matters is not known; never to be read as off",
}
RETENTION = {
    "none": "not kept",
    "days30": "30 days",
    "months6": "6 months",
    "years5": "5 years",
    "local": "on this machine",
    "unstated": "not stated",
    "unknown": "unknown",
}
RECIPIENTS = {
    "provider": "the cloud provider",
    "statsig": "Statsig",
    "sentry": "Sentry",
    "third-party-logging": "a third party’s logging",
    "third-party-errors": "a third party’s error tracker",
    "google-cloud-storage": "Google Cloud Storage",
    "github": "GitHub",
    "distribution-server": "the distribution server",
    "own-collector": "the organisation’s own collector",
    "unstated": "not stated",
    "unknown": "unknown",
}
STATES = {"unstated": "not stated", "unknown": "unknown", "yes": "yes", "no": "no", "on-request": "on request"}
BASES = {
    "documented": "a document says so",
    "observed": "seen on the wire; no document says it",
    "silent": "no document of the pack says",
    "inferred": "follows from documented rules",
    "own": "decided by Carnet itself",
}


class _Word(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A pack's own names for the values of its facts."""

    words: Mapping[str, Mapping[str, _Word]]

    def title(self, fact: str, name: str) -> str:
        """`Amazon Bedrock` for provider and bedrock; the value itself where the pack has no word for it."""
        word = self.words.get(fact, {}).get(name)
        return word.title if word else name

    def said(self, place: str, otherwise: str) -> str:
        """A pack's own words at a place of a page, such as `flows-lead`; else what every other pack says there."""
        word = self.words.get("page", {}).get(place)
        return word.title if word else otherwise

    def meanings(self) -> dict[str, str]:
        """What each verdict means for this pack."""
        return {name: self.said(f"verdict-{name}", text) for name, text in MEANINGS.items()}

    def chosen(self, fact: str, name: str) -> str:
        """What sets the fact to this value, such as a variable; empty where the pack does not say."""
        word = self.words.get(fact, {}).get(name)
        return word.chosen if word else ""

    def recipient(self, name: str, provider: str = "") -> str:
        """A recipient by name; the cloud provider by its own, where it is known."""
        if name == "provider" and provider:
            return self.title("provider", provider)
        known = self.words.get("recipient", {}).get(name)
        return known.title if known else RECIPIENTS.get(name, name)


@cache
def wording(folder: Path) -> Wording:
    """The words.toml of a pack's folder; a pack without one shows its ids."""
    file = folder / "words.toml"
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
        return Wording(msgspec.convert(tree, dict[str, dict[str, _Word]]))
    except FileNotFoundError:
        return Wording({})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error


def assignment(fact: str, value: str) -> str:
    """What a person writes: `DISABLE_TELEMETRY=1`, `skipWebFetchPreflight: true`, `DISABLE_TELEMETRY unset`."""
    if not value:
        return f"{fact_name(fact)} unset"
    return f"{fact_name(fact)}{'=' if fact.startswith('env.') else ': '}{value}"


def either(parts: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def state(value: str) -> str:
    """One aspect's value in words."""
    return STATES.get(value, value)


def listed(values: Sequence[str]) -> str:
    return ", ".join(state(value) for value in values)
