"""Where what intake kept goes on to: organisations' own collectors, how far each is, and what is in its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from carnet.accounts.answers import sink_answer
from carnet.errors import NotFoundError
from carnet.gateway.intake.forwarding import behind
from carnet.model.record import Lane, Session
from carnet.records.answers import Names
from carnet.records.deciding import Deciding
from carnet.records.scoping import scope_of
from carnet.web.deciders import Decided, Deciders
from carnet.web.record_addresses import of_organisation
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import lasting

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.account import Organisation
    from carnet.model.sink import Progress, Sink
    from carnet.stores.records_contract import RecordStore
    from carnet.web.deciders import Decider

KINDS = {"metrics": "metric", "errors": "error"}
"""Flow -> kind of its records."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A sink as the page tells it."""

    sink: Sink
    how: Progress
    untold: int
    """Deleted sessions it was not told of yet."""
    behind: timedelta
    waits: str
    """How long what waits for it has waited; empty: nothing does."""
    org: str
    org_href: str
    flows: tuple[tuple[str, tuple[Decider, ...]], ...]
    """What goes there, and the rules that allow to keep it; none: nothing of it is kept now, so nothing goes there."""


def sinks_page(request: Request) -> Response:
    """`/intake/sinks` and its JSON twin."""
    records, org = records_of(request), request.query_params.get("org", "").strip()
    store, now, names = records.store, records.now(), Names(records.store)
    number = scope_of(store, org=org).organisation if org else 0
    outlets = _outlets(store, names, number, now)
    if asks_json(request):
        by_id = {one.id: one.name for one in names.organisations.values()}
        return as_json(request, {"org": org or None, "sinks": [_answer(one, by_id) for one in outlets]})
    view = {
        "outlets": outlets,
        "org": org,
        "organisations": sorted((one.name for one in names.organisations.values()), key=str.casefold),
    }
    return page(request, "sinks.html", view)


def _answer(one: Outlet, names: dict[int, str]) -> dict[str, object]:
    return {
        **sink_answer(one.sink, one.how, one.untold, names),
        "behind_seconds": int(one.behind.total_seconds()),
        "explain": {flow: {rule.rule: rule.href for rule in rules} for flow, rules in one.flows},
    }


def _outlets(store: RecordStore, names: Names, number: int, now: datetime) -> list[Outlet]:
    deciders, found = Deciders(store, names, now), []
    for one in store.sinks.listed():
        if number not in {0, one.organisation}:
            continue
        try:
            how, untold = store.sinks.progress(one.name), store.sinks.waiting(one.name)
        except NotFoundError:  # it was removed meanwhile
            continue
        owner, name = names.organisations.get(one.organisation), names.organisation(one.organisation)
        flows = tuple((flow, _allowed(owner, flow, deciders, now)) for flow in one.flows)
        late = behind(how, now)
        waits = lasting(late) if late.total_seconds() >= LATE else ""
        found.append(Outlet(one, how, untold, late, waits, name, of_organisation(name) if owner else "", flows))
    return found


LATE = 60
"""Seconds within which a sink is taken to be up to date: how far it is is written down now and then."""


def _allowed(owner: Organisation | None, flow: str, deciders: Deciders, now: datetime) -> tuple[Decider, ...]:
    if owner is None:
        return ()
    lane = Deciding(now.astimezone(UTC).date()).decide(owner, None, KINDS[flow], flow, "")
    return deciders.of(Decided(Session(owner.id, 0, ""), lane, now)) if isinstance(lane, Lane) else ()
