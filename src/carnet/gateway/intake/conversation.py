"""What a person sent, as another person can read it: their words, and who said what in the transcript.

A transcript is whatever the client made of it. What has no shape we know is shown as the JSON it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_ENTRIES = 200
LONGEST = 20_000
"""Characters of one piece that are told."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that was said, or done."""

    label: str
    """What it is where it is no text: `tool_use Read`."""
    text: str
    cut: int = 0
    """Characters that are left out."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of a transcript."""

    who: str
    """Role or type, in the client's own word; empty where it has none."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A report of a person."""

    receipt: str
    """Empty where this was not taken in by intake."""
    description: str
    scope: str
    removed: tuple[tuple[str, int], ...]
    """Shape of secret -> how many were taken out before it was kept."""
    turns: tuple[Turn, ...]
    """The first of them."""
    entries: int
    """All there are."""


def sent(data: bytes) -> Sent:
    """A body of feedback or of a shared transcript; one that is no report of intake is told as text."""
    row = _object(data)
    report = row.get("report") if row else None
    if not isinstance(report, dict):
        return Sent("", data.decode("utf-8", "replace")[:LONGEST], "", (), (), 0)
    transcript = report.get("transcript")
    entries = transcript if isinstance(transcript, list) else []
    removed = row.get("removed")
    return Sent(
        receipt=str(row.get("receipt", "")),
        description=str(report.get("description", "")),
        scope=str(report.get("scope", "")),
        removed=tuple(sorted(removed.items())) if isinstance(removed, dict) else (),
        turns=tuple(_turn(one) for one in entries[:MOST_ENTRIES]),
        entries=len(entries),
    )


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _turn(entry: object) -> Turn:
    """An entry: a message, a line of a transcript with a message in it, or anything else."""
    if not isinstance(entry, dict):
        return Turn("", tuple(_pieces(entry)))
    message = entry.get("message")
    inner = message if isinstance(message, dict) else entry
    who = next((one for one in (inner.get("role"), entry.get("role"), entry.get("type")) if isinstance(one, str)), "")
    said = next((inner[name] for name in ("content", "text", "message") if name in inner), None)
    return Turn(who[:80], tuple(_pieces(entry if said is None else said)))


def _pieces(said: object) -> Iterator[Piece]:
    if isinstance(said, list):
        for one in said:
            yield _block(one) if isinstance(one, dict) else _piece("", one)
    else:
        yield _piece("", said)


def _block(block: Mapping[str, Any]) -> Piece:
    """A block of a message: text as text, anything else under its name."""
    kind = str(block.get("type", ""))
    if kind == "text" and isinstance(block.get("text"), str):
        return _piece("", block["text"])
    name = block.get("name")
    label = f"{kind} {name}" if isinstance(name, str) else kind
    inner = next((block[name] for name in ("input", "content", "thinking", "text") if name in block), block)
    if isinstance(inner, list) and all(isinstance(one, dict) and isinstance(one.get("text"), str) for one in inner):
        inner = "\n".join(one["text"] for one in inner)
    return _piece(label.strip()[:120], inner)


def _piece(label: str, what: object) -> Piece:
    text = what if isinstance(what, str) else msgspec.json.format(msgspec.json.encode(what), indent=2).decode()
    return Piece(label, text[:LONGEST], max(0, len(text) - LONGEST))
