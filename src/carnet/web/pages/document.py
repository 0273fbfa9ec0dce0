"""The timeline of one document: one entry a version, nothing hidden, returns and cosmetic steps marked and folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.documents.answers import timeline_answer
from carnet.documents.transitions import transitions_of
from carnet.model.document import Outcome
from carnet.web import addresses
from carnet.web.gaps import Gap, gaps_of
from carnet.web.periods import periods
from carnet.web.rendering import as_json, page
from carnet.web.strips import legend, strip
from carnet.web.words import long_instant, month_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.model.timeline import DocumentEntry
    from carnet.web.site import Site


WIDE = 640
"""Pixels of the strip on this page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One version."""

    entry: DocumentEntry
    key: str
    href: str
    """The comparison with the version before; the version itself for the first."""
    version_href: str
    same_as: str
    """For a return: the date of the earlier version it equals; else empty."""
    undone: str
    """For a text that a later return took back: the date of that return; else empty."""

    @property
    def minor(self) -> bool:
        step = self.entry.transition
        return (step.cosmetic and not step.injected) or bool(self.same_as) or bool(self.undone)


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries of A-B-A together: one line to read, its members one click away."""

    lines: tuple[Line, ...]
    """Newest first; the first is the return."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a document's timeline, newest first."""

    label: str
    parts: tuple[Line | Fold | Gap, ...]


def timeline(request: Request, site: Site, document: Document) -> Response:
    """`/documents/{collection}/{name}`."""
    if chosen := _chosen(request, document):
        return RedirectResponse(chosen, 303)
    entries = transitions_of(site.store.documents, document)
    shown = periods([one.version.at for one in entries], request.query_params.get("period", "")) if entries else None
    lines = _lines(document, entries)
    if shown:
        lines = [line for line in lines if shown.since <= line.entry.version.at <= shown.until]
    checks = site.store.documents.captures(document.id, limit=400)
    every = (document.every or site.settings.duration("watch.every")) if document.watched else None
    newest = [entry.version.at for entry in entries]
    gaps = [one for one in gaps_of(site.store, document, newest) if shown and shown.since <= one.until <= shown.until]
    captures, versions = site.store.documents.counts(document.id)
    return page(
        request,
        "document.html",
        {
            "document": document,
            "base": addresses.of_document(document.full_name),
            "periods": shown,
            "months": _months(lines, gaps),
            "strip": strip([(one.at, one.outcome) for one in reversed(checks)], every, WIDE),
            "legend": legend(),
            "check": checks[0] if checks else None,
            "failed": bool(checks) and checks[0].outcome is Outcome.FAILED,
            "held": bool(checks) and checks[0].outcome is Outcome.HELD,
            "captures": captures,
            "versions": versions,
            "lines": lines,
        },
        changed=checks[0].at if checks else None,
    )


def timeline_json(request: Request, site: Site, document: Document) -> Response:
    """The JSON twin, and `GET /api/documents/{name}/timeline`: all entries, oldest first."""
    entries = transitions_of(site.store.documents, document)
    facts = {"document": document.full_name, **timeline_answer(entries)}
    return as_json(request, facts, 200, entries[-1].version.at if entries else None)


def _chosen(request: Request, document: Document) -> str | None:
    old, new = request.query_params.get("old"), request.query_params.get("new")
    return addresses.of_pair(document.full_name, old, new) if old and new else None


def _lines(document: Document, entries: Sequence[DocumentEntry]) -> list[Line]:
    """Newest first."""
    keys = addresses.keys([entry.version for entry in entries])
    dates = {entry.version.number: long_instant(entry.version.at) for entry in entries}
    undone = _undone(entries)
    lines = []
    for before, entry in pairwise([None, *entries]):
        if entry is None:
            continue
        number, back = entry.version.number, entry.transition.reverts
        at = addresses.of_version(document.full_name, keys[number])
        pair = addresses.of_pair(document.full_name, keys[before.version.number], keys[number]) if before else at
        same_as = dates.get(back, "") if back else ""
        lines.append(Line(entry, keys[number], pair, at, same_as, dates[undone[number]] if number in undone else ""))
    return lines[::-1]


def _undone(entries: Sequence[DocumentEntry]) -> Mapping[int, int]:
    """Numbers of short-lived versions -> number of the version that returned to the text before them (A-B-A)."""
    found: dict[int, int] = {}
    for entry in entries:
        number, back = entry.version.number, entry.transition.reverts
        if back is not None and number - back == 2:
            found[number - 1] = number
    return found


def _months(lines: Sequence[Line], gaps: Sequence[Gap]) -> list[Month]:
    """Newest first. A gap stands under the entry after it."""
    waiting = sorted(gaps, key=lambda gap: gap.until)
    months = []
    for label, members in groupby(reversed(_folded(lines)), key=lambda part: month_label(_oldest(part))):
        parts: list[Line | Fold | Gap] = []
        for part in members:
            while waiting and waiting[0].until <= _oldest(part):
                parts.append(waiting.pop(0))
            parts.append(part)
        months.append(Month(label, tuple(reversed(parts))))
    return months[::-1]


def _oldest(part: Line | Fold) -> datetime:
    line = part.lines[-1] if isinstance(part, Fold) else part
    return line.entry.version.at


def _folded(lines: Sequence[Line]) -> list[Line | Fold]:
    """A return directly above the text it took back is one fold."""
    parts: list[Line | Fold] = []
    for line in lines:
        above = parts[-1] if parts else None
        if line.undone and isinstance(above, Line) and above.same_as and not above.undone:
            parts[-1] = Fold((above, line))
        else:
            parts.append(line)
    return parts
