"""Two entries of a collection: which documents changed between them, and how."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from carnet.documents.compare import compare, version_text
from carnet.documents.instants import parse_instant
from carnet.documents.render.changes import changes_html
from carnet.errors import CarnetError
from carnet.model.document import Version
from carnet.web import addresses
from carnet.web.pages.collection import members_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.difference import Comparison
    from carnet.model.document import Document
    from carnet.web.site import Site

SHOWN = 25
"""Documents whose changes are drawn on the page; the others are listed with their figures."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One document that differs between the two instants."""

    document: Document
    comparison: Comparison
    first: bool
    """True when it was not there before."""
    href: str
    html: str
    """Its changes; empty where the document is new, gone, or one of too many."""


def span(request: Request) -> Response:
    """`/timeline/{collection}/{old}..{new}` and its JSON twin."""
    site, name = site_of(request), request.path_params["collection"]
    members = members_of(site, name)
    instants = [entry.at for entry in site.memory.days(site.store.documents, name)]
    old, new = _instants(request.path_params["span"], instants)
    changed = [found for document in members if (found := _changed(site, document, old, new))]
    if asks_json(request):
        facts: dict[str, object] = {
            "collection": name,
            "old": old and rfc3339(old),
            "new": rfc3339(new),
            "documents": [_facts(one) for one in changed],
        }
        return as_json(request, facts, 200, new)
    return page(
        request,
        "span.html",
        {
            "collection": name,
            "example": all(document.example for document in members),
            "old": old,
            "new": new,
            "documents": changed,
            "quiet": len(members) - len(changed),
            "before": _neighbour(name, instants, old, -1),
            "after": _neighbour(name, instants, new, 1),
        },
        changed=new,
    )


def _instants(text: str, entries: Sequence[datetime]) -> tuple[datetime | None, datetime]:
    """Both ends, in order, each set back to the entry in force then; None for before the first."""
    old, dots, new = text.partition("..")
    if not dots or not new:
        raise CarnetError("Two instants are wanted, such as 2026-04-22T0358..2026-04-24T0749.")
    end = parse_instant(new)
    start = None if old == "start" else parse_instant(old)
    if start is not None and start > end:
        start, end = end, start
    return start and _in_force(entries, start), _in_force(entries, end)


def _in_force(entries: Sequence[datetime], at: datetime) -> datetime:
    return max((one for one in entries if one <= at), default=at)


def _changed(site: Site, document: Document, old: datetime | None, new: datetime) -> Changed | None:
    store = site.store.documents
    after = store.version_at(document.id, new)
    before = store.version_at(document.id, old) if old else None
    if after is None or (before is not None and before.digest == after.digest):
        return None
    if before is None or old is None:
        nothing = Version(document.id, 0, after.at, hashlib.sha256(b"").hexdigest(), 0, 0, gone=True)
        found = compare(document.full_name, nothing, after, b"", version_text(store, after))
        return Changed(document, found, True, addresses.of_version(document.full_name, addresses.instant(new)), "")
    old_text, new_text = version_text(store, before), version_text(store, after)
    found = compare(document.full_name, before, after, old_text, new_text)
    # Safe: the renderer escapes every character of the documents and emits marks of its own only.
    html = Markup(changes_html(found, old_text, new_text))  # noqa: S704
    href = addresses.of_pair(document.full_name, addresses.instant(old), addresses.instant(new))
    return Changed(document, found, False, href, html)


def _neighbour(name: str, instants: Sequence[datetime], at: datetime | None, way: int) -> str:
    """Address of the entry before or after; empty at either end."""
    if at is None:
        return ""
    if way > 0:
        later = [one for one in instants if one > at]
        return addresses.of_entries(name, at, later[0]) if later else ""
    earlier = [one for one in instants if one < at]
    return addresses.of_entries(name, earlier[-1] if earlier else None, at)


def _facts(one: Changed) -> dict[str, object]:
    return {
        "document": one.document.name,
        "added": one.comparison.added,
        "removed": one.comparison.removed,
        "cosmetic": one.comparison.cosmetic,
        "old": None if one.first else one.comparison.old.digest,
        "new": one.comparison.new.digest,
    }
