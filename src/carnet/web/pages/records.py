"""What is kept: by class, by organisation and kind, and the newest records of a filter."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.responses import RedirectResponse

from carnet.errors import CarnetError, NotFoundError
from carnet.model.record import KINDS, Scope
from carnet.records.answers import Names, stats_answer
from carnet.records.retention import by_length
from carnet.records.scoping import scope_of
from carnet.web.amounts import next_ends
from carnet.web.lacking import lacking
from carnet.web.record_addresses import RECORDS, SCOPE, cursor, of_organisation, with_query
from carnet.web.record_rows import class_words, record_rows, row_answer
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.records.answers import Answer
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

FILTERS = (*SCOPE, "kind")
MOST_NAMES = 500
"""Addresses of accounts that the form offers; with more of them a list is no help."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A retention class with what is kept under it."""

    retention: str
    words: str
    records: int
    bytes: int
    training: int
    next: datetime | None
    """When the next of them end; None while everything of it is held."""


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation with the number of its records of each kind."""

    name: str
    href: str
    kinds: tuple[int, ...]
    records: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stock:
    """All that is kept, from tallies: no record is read for it."""

    answer: Answer
    classes: tuple[ClassRow, ...]
    kinds: tuple[str, ...]
    organisations: tuple[OrganisationRow, ...]

    @property
    def records(self) -> int:
        return sum(one.records for one in self.classes)

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.classes)


def records_page(request: Request) -> Response:
    """`/records` and its JSON twin."""
    params = request.query_params
    given = {name: params[name].strip() for name in FILTERS if params.get(name, "").strip()}
    before = cursor(params.get("before", ""))
    if not asks_json(request) and any(not value.strip() for value in params.values()):
        return RedirectResponse(with_query(RECORDS, **given, before=before), 303)
    if given.get("kind", KINDS[0]) not in KINDS:
        raise CarnetError(f"There is no kind {given['kind'][:80]!r} of records; there are: {', '.join(KINDS)}.")
    records = records_of(request)
    store, now, unread = records.store, records.now(), lacking(request)
    stock, names = read_stock(store, unread), Names(store)
    scope, problem = _scope(store, given)
    found = record_rows(store, names, scope, now, given.get("kind", ""), before, unread) if scope else None
    older = with_query(RECORDS, **given, before=found.older) if found and found.older else ""
    if asks_json(request):
        if problem:
            raise NotFoundError(problem)
        listed = [row_answer(row) for row in found.rows] if found else []
        return as_json(request, {**_stock_answer(stock), "filter": given, "records": listed, "older": older or None})
    view = {
        "stock": stock,
        "organisations": sorted((one.name for one in names.organisations.values()), key=str.casefold),
        "emails": [one.email for one in names.accounts.values()] if len(names.accounts) <= MOST_NAMES else [],
        "kinds": KINDS,
        "sample": _sample(names),
        "given": given,
        "asked": {name: given.get(name, "") for name in FILTERS},
        "scoped": {name: given[name] for name in SCOPE if name in given},
        "before": before,
        "rows": found.rows if found else (),
        "older": older,
        "problem": problem,
        "now": now,
    }
    return page(request, "records.html", view, 404 if problem else 200)


def _scope(store: RecordStore, given: Mapping[str, str]) -> tuple[Scope | None, str]:
    """The scope of a filter; or why there is none, beside the form that was filled in."""
    try:
        return scope_of(store, **{name: given.get(name, "") for name in SCOPE}), ""
    except CarnetError as error:
        return None, str(error)


def _sample(names: Names) -> str:
    """A record as a shell passes it on, whatever the address in it holds."""
    email = next((one.email for one in names.accounts.values()), "ann@acme.example")
    row = {"account": email, "session": "s1", "kind": "exchange", "flow": "inference", "body": "…"}
    return shlex.quote(json.dumps(row, ensure_ascii=False))


def read_stock(store: RecordStore, unread: list[Unread] | None = None) -> Stock:
    """All that is kept. What cannot be read is added to `unread`."""
    answer = stats_answer(store, unread)
    rows = cast("list[dict[str, object]]", answer["rows"])
    kinds = tuple(kind for kind in KINDS if any(row["kind"] == kind for row in rows))
    return Stock(answer, _classes(rows, next_ends(store, unread)), kinds, _organisations(rows, kinds))


def _classes(rows: Sequence[Mapping[str, object]], ends: Mapping[str, datetime]) -> tuple[ClassRow, ...]:
    found = []
    for name in sorted(
        {str(row["retention"]) for row in rows}, key=lambda name: (ends.get(name) is None, by_length(name))
    ):
        members = [row for row in rows if row["retention"] == name]
        may = _sum([row for row in members if row["training"] == "yes"], "records")
        ended = ends.get(name)
        found.append(ClassRow(name, class_words(name), _sum(members, "records"), _sum(members, "bytes"), may, ended))
    return tuple(found)


def _organisations(rows: Sequence[Mapping[str, object]], kinds: Sequence[str]) -> tuple[OrganisationRow, ...]:
    found = []
    for name in sorted({str(row["org"]) for row in rows}, key=str.casefold):
        members = [row for row in rows if row["org"] == name]
        each = tuple(_sum([row for row in members if row["kind"] == kind], "records") for kind in kinds)
        found.append(OrganisationRow(name, of_organisation(name), each, sum(each), _sum(members, "bytes")))
    return tuple(found)


def _sum(rows: Sequence[Mapping[str, object]], name: str) -> int:
    return sum(int(str(row[name])) for row in rows)


def _stock_answer(stock: Stock) -> Answer:
    ends = {one.retention: rfc3339(one.next) if one.next else None for one in stock.classes}
    return {**stock.answer, "next_ends": ends}
