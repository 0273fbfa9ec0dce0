"""The timeline of one document: one entry a version, nothing hidden, returns and cosmetic steps marked and folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.documents.answers import timeline_answer
from carnet.model.document import Outcome
from carnet.web import addresses
from carnet.web.gaps import Gap, gaps_of
from carnet.web.periods import Periods, periods
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
    entries = site.memory.timeline(site.store.documents, document)
    shown = periods([one.version.at for one in entries], request.query_params.get("period", "")) if entries else None
    lines = _lines(document, entries, shown) if shown else []
    checks = site.store.documents.captures(document.id, limit=400)
    every = (document.every or site.settings.duration("watch.every")) if document.watched else None
    gaps = _gaps(site, document, entries, shown) if shown else []
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
    entries = site.memory.timeline(site.store.documents, document)
    facts = {"document": document.full_name, **timeline_answer(entries)}
    return as_json(request, facts, 200, entries[-1].version.at if entries else None)


def _chosen(request: Request, document: Document) -> str | None:
    old, new = request.query_params.get("old"), request.query_params.get("new")
    return addresses.of_pair(document.full_name, old, new) if old and new else None


def _lines(document: Document, entries: Sequence[DocumentEntry], shown: Periods) -> list[Line]:
    """Entries of the period, newest first."""
    within = [index for index, entry in enumerate(entries) if shown.since <= entry.version.at <= shown.until]
    first, last = (max(within[0] - 1, 0), within[-1] + 1) if within else (0, 0)
    # Where clocks went backwards a version's instant does not name it: then all have to be looked at.
    steady = all(one.version.at <= after.version.at for one, after in pairwise(entries))
    keys = addresses.keys([entry.version for entry in (entries[first:last] if steady else entries)])
    undone = _undone(entries)
    return [_line(document, entries, index, keys, undone) for index in reversed(within)]


def _line(
    document: Document,
    entries: Sequence[DocumentEntry],
    index: int,
    keys: Mapping[int, str],
    undone: Mapping[int, int],
) -> Line:
    entry = entries[index]
    number, back = entry.version.number, entry.transition.reverts
    at = addresses.of_version(document.full_name, keys[number])
    pair = addresses.of_pair(document.full_name, keys[number - 1], keys[number]) if index else at
    return Line(entry, keys[number], pair, at, _date(entries, back), _date(entries, undone.get(number)))


def _date(entries: Sequence[DocumentEntry], number: int | None) -> str:
    return long_instant(entries[number - 1].version.at) if number else ""


def _gaps(site: Site, document: Document, entries: Sequence[DocumentEntry], shown: Periods) -> list[Gap]:
    """Gaps that end within the period."""
    before = [entry.version.at for entry in entries if entry.version.at < shown.since][-1:]
    instants = [*before, *(one.version.at for one in entries if shown.since <= one.version.at <= shown.until)]
    return gaps_of(site.store, document, instants)


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
