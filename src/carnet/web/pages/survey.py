"""Ratings of sessions: how many of each, by day. There is nothing else in a rating that could be shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from carnet.gateway.intake.reports import MOST_OPENED, ratings
from carnet.web.bars import bars, days_until
from carnet.web.collected import read_collection
from carnet.web.lacking import lacking
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FLOW = "survey"
SERIES = ("3", "2", "1", "dismiss")
"""From the foot of a bar upwards."""
WORDS = {"3": "Rated 3", "2": "Rated 2", "1": "Rated 1", "dismiss": "Dismissed"}
DAYS = 31
"""Days that are drawn: a rating is kept for thirty, which touch one more."""


def survey_page(request: Request) -> Response:
    """`/intake/survey` and its JSON twin."""
    records, org = records_of(request), request.query_params.get("org", "").strip()
    found = read_collection(records, org, lacking(request))
    kept = sum(one.records for one in found.of(FLOW))
    by_day = ratings(records.store, records.keyring, found.number) if kept else {}
    sums = Counter[str]()
    for counts in by_day.values():
        sums.update({name: counts[name] for name in SERIES})
    if asks_json(request):
        days = [{"day": day, **{name: counts[name] for name in SERIES}} for day, counts in by_day.items()]
        return as_json(request, {"org": org or None, "ratings": {name: sums[name] for name in SERIES}, "days": days})
    rated = sum(sums[name] for name in ("1", "2", "3"))
    view = {
        "words": WORDS,
        "series": SERIES,
        "sums": sums,
        "total": sums.total(),
        "rated": rated,
        "drawn": bars(days_until(found.now.date(), DAYS), by_day, SERIES, 760, 160),
        "days": [(day, counts, sum(counts[name] for name in SERIES)) for day, counts in reversed(by_day.items())],
        "cut": MOST_OPENED if kept > MOST_OPENED else 0,
        "rules": found.allowed(FLOW),
        "org": org,
        "organisations": found.organisations,
    }
    return page(request, "survey.html", view)
