"""Entries of the audit log in words, from what opens their commitments; salts are never shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.web.words import counted, size_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SWITCHES = {"zdr": "Zero data retention", "dpp": "Partner programme", "product-feedback": "Product feedback"}


@dataclass(frozen=True, slots=True)
class Told:
    """An entry."""

    index: int
    at: str
    event: str
    words: str


def told(index: int, opening: Mapping[str, object]) -> Told:
    """One entry as far as its opening is known."""
    details = opening.get("details")
    known = details if isinstance(details, dict) else opening
    return Told(index, str(opening.get("at", "")), str(opening.get("event", "")), event_words(opening, known))


def event_words(opening: Mapping[str, object], known: Mapping[str, object]) -> str:
    """What happened, as a sentence without its end."""
    event = str(opening.get("event", ""))
    if event in SWITCHES:
        return f"{SWITCHES[event]}: {known.get('value')}"
    words = WORDS.get(event)
    return words(known) if words else event


def _held(known: Mapping[str, object]) -> str:
    where = f" in {known['repository']}" if known.get("repository") else ""
    return f"session {known.get('session')}{where}: {known.get('reason')}"


def _erased(known: Mapping[str, object]) -> str:
    of = known.get("of")
    by = " and ".join(str(one) for one in of) if isinstance(of, list) else "scope"
    sessions, records = counted(_number(known, "sessions"), "session"), counted(_number(known, "records"), "record")
    return f"Erased by {by}: {sessions}, {records}, {size_label(_number(known, 'bytes'))}"


def _ended(known: Mapping[str, object]) -> str:
    retention, _, when = str(known.get("partition")).partition("-")
    return f"Ended: everything kept under {retention} until {when}"


def _exported(known: Mapping[str, object]) -> str:
    subject = known.get("subject")
    return f"Exported everything about {subject}" if subject else f"Exported for training: {known.get('purpose')}"


def _number(known: Mapping[str, object], name: str) -> int:
    value = known.get(name)
    return value if isinstance(value, int) else 0


def _door(known: Mapping[str, object]) -> str:
    return _DOORS.get(known.get("door"), "somebody")


_DOORS: Mapping[object, str] = {"page": "a page", "command": "a command", "api": "the API"}

WORDS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "hold": lambda known: f"Held {_held(known)}",
    "release": lambda known: f"Released {_held(known)}",
    "erasure": _erased,
    "consent": lambda known: f"Consent to model improvement: {known.get('model-improvement')}",
    "keep": lambda known: f"An organisation keeps {str(known.get('value')).replace('=', ': ')}",
    "expiry": _ended,
    "export": _exported,
    "clock": lambda known: f"The clock was taken back from {known.get('from')}: {known.get('reason')}",
    "reading": lambda known: f"Read by {_door(known)} ({known.get('flow')}): record {known.get('record')}",
    "rotation": lambda known: f"New key of an organisation; {counted(_number(known, 'keys'), 'session key')} wrapped",
}
"""Event -> words for what is known of it."""
