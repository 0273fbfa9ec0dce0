"""Checks of host names: how many a day and why, under which rule they are counted, and the lists in force."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.domains.judging import REASONS
from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook
from carnet.records.deciding import PACK
from carnet.web.domain_check import KEEP, checks_of
from carnet.web.record_addresses import with_query
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.gateway.domains.shelf import Shelved

FLOW = "domain-check"
PASSES = ("passed", "allowed")


@dataclass(frozen=True, slots=True)
class DayOfChecks:
    """The checks of one day (UTC)."""

    day: date
    passed: int
    refused: int
    reasons: tuple[tuple[str, int], ...]
    """Reason -> number, in the order of REASONS."""
    rule: str
    """The rule under which they are counted."""
    href: str

    @property
    def refusals(self) -> tuple[tuple[str, int], ...]:
        """The reasons of those that were refused."""
        return tuple(one for one in self.reasons if one[0] not in PASSES)

    @property
    def total(self) -> int:
        return self.passed + self.refused


def domains_page(request: Request) -> Response:
    """`/domains` and its JSON twin."""
    records, checks = records_of(request), checks_of(request)
    days = [
        _day(day, counted) for day, counted in checks.counts.days(records.store.catalogue, records.now().date()).items()
    ]
    days.reverse()
    shelved = checks.shelf.shelved if checks.shelf.shelved is not None else checks.shelf.refresh()
    if asks_json(request):
        return as_json(
            request,
            {
                "kept_days": KEEP,
                "days": [
                    {
                        "day": one.day,
                        "passed": one.passed,
                        "refused": one.refused,
                        "reasons": dict(one.reasons),
                        "rule": one.rule,
                    }
                    for one in days
                ],
                "lists": [list_answer(one) for one in shelved],
            },
        )
    sums = Counter[str]()
    for one in days:
        sums.update(dict(one.reasons))
    view = {
        "days": days,
        "most": max((one.total for one in days), default=0),
        "total": sums.total(),
        "sums": [(name, REASONS[name], sums[name]) for name in REASONS if sums[name]],
        "reasons": REASONS,
        "keep": KEEP,
        "lists": shelved,
    }
    return page(request, "domains.html", view)


def _day(day: date, counted: Counter[str]) -> DayOfChecks:
    rule = _rule(day)
    passed = sum(counted[name] for name in PASSES)
    reasons = tuple((name, counted[name]) for name in REASONS if counted[name])
    href = with_query(f"/explain/{FLOW}", pack=PACK, as_of=day.isoformat())
    return DayOfChecks(day, passed, sum(number for _, number in reasons) - passed, reasons, rule, href)


def _rule(day: date) -> str:
    """The rule of the pack `carnet` that says what is kept of a check."""
    tables = compile_tables(rulebook(named(PACK)), day)
    return next(one.rule for one in resolve(tables, {}) if one.flow == FLOW)


def list_answer(one: Shelved) -> dict[str, object]:
    """A list as JSON answers give it."""
    found = one.list
    return {
        "path": str(one.wanted.path),
        "for": one.wanted.role,
        "organisation": one.wanted.organisation or None,
        "format": found.form if found else None,
        "names": found.names.count if found else None,
        "bytes": found.names.bytes if found else None,
        "read": rfc3339(found.read) if found else None,
        "fault": one.fault or None,
    }
