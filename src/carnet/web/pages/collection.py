"""The timeline of a collection: one entry a UTC day on which any document changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.documents.answers import timeline_answer
from carnet.errors import NotFoundError
from carnet.web import addresses
from carnet.web.days import Day, Touched, days_of
from carnet.web.gaps import Gap, gaps_between
from carnet.web.periods import periods
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.words import month_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.web.site import Site


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a timeline page, newest entry first; gaps stand between the entries they part."""

    label: str
    lines: tuple[Day | Gap, ...]


def collection(request: Request) -> Response:
    """`/timeline/{collection}` and its JSON twin."""
    site, name = site_of(request), request.path_params["collection"]
    members = members_of(site, name)
    if chosen := _chosen(request, name):
        return RedirectResponse(chosen, 303)
    entries = site.memory.days(site.store.documents, name)
    if asks_json(request):
        facts = {"collection": name, **timeline_answer(entries)}
        return as_json(request, facts, 200, entries[-1].at if entries else None)
    if not entries:
        return page(
            request,
            "collection.html",
            {
                "collection": name,
                "members": members,
                "periods": None,
                "months": [],
            },
        )
    shown = periods([entry.at for entry in entries for _ in entry.documents], request.query_params.get("period", ""))
    before = max((entry.at for entry in entries if entry.at < shown.since), default=None)
    within = [entry for entry in entries if shown.since <= entry.at <= shown.until]
    days = days_of(site, name, within, before) if within else []
    instants = [*([before] if before else []), *(day.at for day in days)]
    gaps = site.memory.recall(
        ("gaps", name, shown.chosen.key), instants, lambda: gaps_between(site.store, members, instants)
    )
    return page(
        request,
        "collection.html",
        {
            "collection": name,
            "members": members,
            "periods": shown,
            "months": _months(days, gaps),
            "newer": days[-1] if days else None,
            "older": days[-2] if len(days) > 1 else None,
            "total": len(entries),
            "first": entries[0].at,
            "last": entries[-1].at,
        },
        changed=entries[-1].at,
    )


def members_of(site: Site, name: str) -> list[Document]:
    members = site.store.documents.documents(name)
    if not members:
        raise NotFoundError(f"There is no collection named {name}. The start page lists them all.")
    return members


def _chosen(request: Request, name: str) -> str | None:
    """Where a form with two chosen entries leads; None where nothing was chosen."""
    old, new = request.query_params.get("old"), request.query_params.get("new")
    if not old or not new:
        return None
    document = request.query_params.get("document")
    return addresses.of_pair(f"{name}/{document}", old, new) if document else addresses.of_span(name, old, new)


def _months(days: Sequence[Day], gaps: Sequence[Gap]) -> list[Month]:
    """Newest first. A gap stands under the entry that ended it."""
    ends = {gap.until: gap for gap in gaps}
    months = []
    for label, members in groupby(reversed(days), key=lambda day: month_label(day.at)):
        lines: list[Day | Gap] = []
        for day in members:
            lines += [day, ends[day.at]] if day.at in ends else [day]
        months.append(Month(label, tuple(lines)))
    return months


def touched_facts(one: Touched) -> dict[str, object]:
    return {
        "document": one.document.name,
        "added": one.added,
        "removed": one.removed,
        "cosmetic": one.cosmetic,
        "reverts": one.reverts,
    }
