"""What came in: per flow with its last days, then by day, flow, class and provider; and what was not kept, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.gateway.intake.counting import FORBIDDEN, OVERLOADED, REFUSED
from carnet.gateway.intake.reports import FLOWS, outcomes
from carnet.packs import named
from carnet.policy.rulebook import rulebook
from carnet.records.deciding import PACK
from carnet.web.bars import bars, days_until
from carnet.web.collected import read_collection
from carnet.web.forbidding import forbidding
from carnet.web.lacking import lacking
from carnet.web.record_addresses import ERRORS, FEEDBACK, INTAKE, SURVEY, with_query
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.gateway.intake.reports import Kept
    from carnet.stores.records_contract import Catalogue
    from carnet.web.bars import Bars
    from carnet.web.collected import Allowed, Collected, Collection
    from carnet.web.forbidding import Forbidding

DAYS = 30
"""Days that are drawn, and whose outcomes are told."""
PAGE = 24
"""Rows of a page, and what is left of their last day."""
OWN = {"survey": SURVEY, "errors": ERRORS, "feedback": FEEDBACK, "transcript-share": FEEDBACK}
MOST_PATHS = 100


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow with all that is kept of it."""

    flow: str
    title: str
    href: str
    records: int
    bytes: int
    drawn: Bars
    recent: int
    """Records of the days that are drawn."""
    allowed: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class NotKept:
    """What was not kept of the last days, over all organisations."""

    forbidden: tuple[tuple[str, Forbidding, int], ...]
    """(flow, why, how often)"""
    refused: tuple[tuple[str, str, int], ...]
    """(protocol, status, how often)"""
    dropped: tuple[tuple[str, int], ...]
    """(path of a field, how often), the most frequent first."""
    repeated: int
    overloaded: int
    """Requests that were told to come again, as there was no room."""


def intake_page(request: Request) -> Response:
    """`/intake` and its JSON twin."""
    records, org = records_of(request), request.query_params.get("org", "").strip()
    before = _day(request.query_params.get("before", ""))
    found = read_collection(records, org, lacking(request), site_of(request).memory.recall)
    turned, older = _turned(found.rows, before)
    rows = [found.told(one) for one in turned]
    missed = not_kept(records.store.catalogue, found.now.date())
    next_page = with_query(INTAKE, org=org, before=older)
    if asks_json(request):
        return as_json(request, _answer(found, rows, missed, next_page if older else None))
    flows = _flows(found)
    view = {
        "flows": flows,
        "total": sum(one.records for one in flows),
        "rows": rows,
        "titles": {one.flow: one.title for one in flows},
        "older": next_page if older else "",
        "before": before,
        "missed": missed,
        "any": bool(missed.forbidden or missed.refused or missed.dropped or missed.repeated or missed.overloaded),
        "org": org,
        "organisations": found.organisations,
        "days": DAYS,
        "now": found.now,
    }
    return page(request, "intake.html", view)


def _flows(found: Collection) -> list[FlowRow]:
    titles = {one.id: one.title for one in rulebook(named(PACK)).flows}
    days = days_until(found.now.date(), DAYS)
    rows = []
    for flow in FLOWS:
        members, counts = found.of(flow), found.by_day(flow)
        recent = sum(counts.get(day.isoformat(), {}).get(flow, 0) for day in days)
        size = sum(one.records for one in members), sum(one.bytes for one in members)
        drawn, href = bars(days, counts, [flow], 180, 28), with_query(OWN[flow], org=found.org) if flow in OWN else ""
        rows.append(FlowRow(flow, titles[flow], href, *size, drawn, recent, found.allowed(flow)))
    return rows


def _turned(rows: Sequence[Kept], before: str) -> tuple[list[Kept], str]:
    """A page of whole days, and the day that the next one begins before; empty on the last."""
    page_rows: list[Kept] = []
    for one in rows:
        if before and one.day >= before:
            continue
        if len(page_rows) >= PAGE and one.day != page_rows[-1].day:
            return page_rows, page_rows[-1].day
        page_rows.append(one)
    return page_rows, ""


def not_kept(catalogue: Catalogue, today: date) -> NotKept:
    """From the counts of the last days: numbers and paths of fields, never a value."""
    sums: Counter[tuple[str, str]] = Counter()
    for ago in range(DAYS):
        for flow, counts in outcomes(catalogue, (today - timedelta(days=ago)).isoformat()).items():
            for what, number in counts.items():
                sums[flow, what] += number
    return NotKept(
        tuple((flow, forbidding(flow, rule, today), number) for flow, rule, number in _named(sums, f"{FORBIDDEN}:")),
        tuple(_named(sums, f"{REFUSED}:")),
        tuple(Counter({path: number for _, path, number in _named(sums, "dropped:")}).most_common(MOST_PATHS)),
        _sum(sums, "repeated"),
        _sum(sums, OVERLOADED),
    )


def _sum(sums: Mapping[tuple[str, str], int], wanted: str) -> int:
    return sum(number for (_, what), number in sums.items() if what == wanted)


def _named(sums: Mapping[tuple[str, str], int], prefix: str) -> Iterable[tuple[str, str, int]]:
    found = [(flow, what, number) for (flow, what), number in sums.items() if what.startswith(prefix)]
    return [(flow, what.removeprefix(prefix), number) for flow, what, number in sorted(found)]


def _answer(found: Collection, rows: Iterable[Collected], missed: NotKept, older: str | None) -> dict[str, object]:
    return {
        "org": found.org or None,
        "kept": [
            {
                "day": one.kept.day,
                "flow": one.kept.flow,
                "retention": one.kept.retention,
                "provider": one.kept.provider or None,
                "org": one.org,
                "records": one.kept.records,
                "bytes": one.kept.bytes,
                "last_ends": rfc3339(one.kept.ends),
                "rules": list(one.kept.rules),
                "explain": {rule.rule: rule.href for rule in one.deciders},
            }
            for one in rows
        ],
        "not_kept": {
            "days": DAYS,
            "forbidden": [{"flow": flow, "rule": why.rule, "times": number} for flow, why, number in missed.forbidden],
            "refused": [{"by": by, "status": status, "times": number} for by, status, number in missed.refused],
            "dropped": dict(missed.dropped),
            "repeated": missed.repeated,
            "overloaded": missed.overloaded,
        },
        "older": older,
    }


def _day(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise CarnetError(f"before={text[:40]!r} is no day, such as 2026-04-01.") from None
