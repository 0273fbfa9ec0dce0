"""Errors that agents reported, by kind. What is kept of one has no code, no prompt, no path: it may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.gateway.intake.reports import error_groups
from carnet.web.collected import read_collection
from carnet.web.lacking import lacking
from carnet.web.record_addresses import ERRORS, with_query
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.gateway.intake.reports import ErrorGroup

FLOW = "errors"
PAGE = 50
"""Kinds on a page."""
MOST = 5_000
"""Reports that are opened for it, the newest: a page is waited for."""


def errors_page(request: Request) -> Response:
    """`/intake/errors` and its JSON twin."""
    records, org = records_of(request), request.query_params.get("org", "").strip()
    skip = _skipped(request.query_params.get("after", ""))
    found = read_collection(records, org, lacking(request))
    kept = sum(one.records for one in found.of(FLOW))
    groups = error_groups(records.store, records.keyring, found.number, MOST) if kept else []
    shown = groups[skip : skip + PAGE]
    more = with_query(ERRORS, org=org, after=str(skip + PAGE)) if len(groups) > skip + PAGE else ""
    if asks_json(request):
        return as_json(request, {"org": org or None, "groups": [_answer(one) for one in shown], "older": more or None})
    view = {
        "groups": [(one, _name(one), _written(one)) for one in shown],
        "kinds": len(groups),
        "events": sum(one.count for one in groups),
        "kept": kept,
        "skip": skip,
        "more": more,
        "fewer": with_query(ERRORS, org=org, after=str(skip - PAGE) if skip > PAGE else "") if skip else "",
        "cut": MOST if kept > MOST else 0,
        "rules": found.allowed(FLOW),
        "org": org,
        "organisations": found.organisations,
        "now": found.now,
    }
    return page(request, "errors.html", view)


def _name(one: ErrorGroup) -> str:
    """Its types, the outermost last as SDKs send them; a message has only a print of its words."""
    return " ← ".join(reversed([name for name in one.types if name])) or "A message"


def _written(one: ErrorGroup) -> str:
    return msgspec.json.format(msgspec.json.encode(one.example), indent=1).decode()


def _answer(one: ErrorGroup) -> dict[str, object]:
    return {
        "group": one.group,
        "types": list(one.types),
        "count": one.count,
        "first": rfc3339(one.first) if one.first else None,
        "last": rfc3339(one.last) if one.last else None,
        "releases": sorted(one.releases),
        "example": one.example,
    }


def _skipped(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        raise CarnetError(f"after={text[:40]!r} is no number of kinds to pass over.")
    return int(text or 0)
