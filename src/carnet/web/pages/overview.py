"""The start page: this machine, the matrix, then every document with captures, last change, last check, state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from carnet.model.document import Outcome
from carnet.web import addresses
from carnet.web.offers import Offer, offers
from carnet.web.pages.start import read_start, start_answer
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.strips import Strip, legend, strip
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.difference import Transition
    from carnet.model.document import Capture, Document, Version
    from carnet.web.site import Site

Marks = list[tuple["datetime", Outcome]]


@dataclass(frozen=True, slots=True)
class Row:
    """One document."""

    document: Document
    href: str
    strip: Strip
    captures: int
    versions: int
    newest: Version | None
    """Its newest version; None before the first."""
    step: Transition | None
    """The step that led to it."""
    change_href: str
    check: Capture | None
    """Its newest capture, whatever came of it."""
    state: str
    """A stable word: never, failing, held, gone, watched, kept."""


@dataclass(frozen=True, slots=True)
class Group:
    """One collection."""

    name: str
    href: str
    example: bool
    rows: tuple[Row, ...]


def overview(request: Request) -> Response:
    """`/` and `/index.json`."""
    site = site_of(request)
    groups = read_groups(site)
    rows = [row for group in groups for row in group.rows]
    offered = offers(site.store)
    newest = max((row.check.at for row in rows if row.check), default=None)
    start = read_start(site)
    if asks_json(request):
        return as_json(
            request,
            {**start_answer(start), "documents": [_facts(row) for row in rows], "offers": _offer_facts(offered)},
        )
    return page(
        request,
        "overview.html",
        {
            "start": start,
            "groups": groups,
            "offers": offered,
            "legend": legend(),
            "totals": _totals(rows),
            "newest": newest,
            "failing": _failing(rows),
        },
    )


def read_groups(site: Site) -> list[Group]:
    documents = site.store.documents.documents()
    # The more documents, the fewer captures of each: the whole page reads some 20,000 of them at most.
    marks = site.store.documents.marks(max(60, min(400, 20_000 // max(1, len(documents)))))
    standing = site.store.documents.standing([document.id for document in documents])
    groups = []
    for collection, members in groupby(documents, key=lambda document: document.collection):
        found = [_row(site, one, marks.get(one.id, []), *standing.get(one.id, (None, None))) for one in members]
        rows = tuple(sorted(found, key=lambda row: not row.versions))
        groups.append(
            Group(collection, addresses.of_collection(collection), all(r.document.example for r in rows), rows)
        )
    return sorted(groups, key=lambda group: (not any(row.versions for row in group.rows), group.example))


def _row(site: Site, document: Document, marks: Marks, check: Capture | None, newest: Version | None) -> Row:
    every = (document.every or site.settings.duration("watch.every")) if document.watched else None
    before = _before(site, document, newest)
    captures, versions = site.store.documents.counts(document.id)
    return Row(
        document,
        addresses.of_document(document.full_name),
        strip(marks, every),
        captures,
        versions,
        newest,
        site.memory.step(site.store.documents, document, before, newest) if newest else None,
        _change_href(document, before, newest),
        check,
        _state(document, check, newest),
    )


def _before(site: Site, document: Document, newest: Version | None) -> Version | None:
    """The version before the newest; read by its instant, or by its number where clocks went backwards."""
    if newest is None or newest.number == 1:
        return None
    found = site.store.documents.version_at(document.id, newest.at - timedelta(microseconds=1))
    if found and found.number == newest.number - 1:
        return found
    return site.store.documents.versions(document.id)[-2]


def _change_href(document: Document, before: Version | None, newest: Version | None) -> str:
    if before is None or newest is None:
        return addresses.of_document(document.full_name)
    keys = addresses.keys([before, newest])
    return addresses.of_pair(document.full_name, keys[before.number], keys[newest.number])


def _state(document: Document, check: Capture | None, newest: Version | None) -> str:
    if check and check.outcome is Outcome.HELD:
        return "held"
    if check and check.outcome is Outcome.FAILED:
        return "failing" if newest else "never"
    if newest is None:
        return "never"
    if newest.gone:
        return "gone"
    return "watched" if document.watched else "kept"


@dataclass(frozen=True, slots=True)
class Failing:
    """What could not be fetched at the last try."""

    rows: tuple[Row, ...]
    reasons: Mapping[str, list[Row]]
    common: frozenset[str]
    """Reasons said once, above the listing, rather than in each row."""


def _failing(rows: Sequence[Row]) -> Failing:
    failed = [row for row in rows if row.check and row.check.outcome is Outcome.FAILED]
    reasons: dict[str, list[Row]] = {}
    for row in failed:
        reasons.setdefault((row.check and row.check.why) or "no reason was recorded", []).append(row)
    return Failing(tuple(failed), reasons, frozenset(why for why, members in reasons.items() if len(members) > 2))


def _totals(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "documents": len(rows),
        "versions": sum(row.versions for row in rows),
        "captures": sum(row.captures for row in rows),
        "never": sum(row.state == "never" for row in rows),
        "examples": sum(row.document.example for row in rows),
    }


def _facts(row: Row) -> dict[str, object]:
    document, check, newest, step = row.document, row.check, row.newest, row.step
    return {
        "document": document.full_name,
        "collection": document.collection,
        "name": document.name,
        "url": document.url,
        "watched": document.watched,
        "example": document.example,
        "state": row.state,
        "captures": row.captures,
        "versions": row.versions,
        "last_change": newest
        and step
        and {"at": rfc3339(newest.at), "version": newest.digest, "added": step.added, "removed": step.removed},
        "last_check": check and {"at": rfc3339(check.at), "outcome": str(check.outcome), "why": check.why},
        "strip": row.strip.summary,
    }


def _offer_facts(offered: Sequence[Offer]) -> list[dict[str, object]]:
    return [
        {"pack": one.pack, "address": one.address, "licence": one.licence, "size": one.size, "command": one.command}
        for one in offered
    ]
