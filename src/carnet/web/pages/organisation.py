"""One organisation: terms, switches, what it keeps shorter, its dated acts, its accounts, what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.caps import caps_words
from carnet.accounts.organisations import SWITCHES, organisation_named
from carnet.errors import CarnetError
from carnet.model.account import TIERS
from carnet.model.record import HOLD
from carnet.records.answers import Names, acts_answer, organisation_answer
from carnet.records.changing import change_organisation
from carnet.records.deciding import Deciding
from carnet.records.surveying import asked
from carnet.web.lacking import lacking
from carnet.web.pages.accounts import account_rows
from carnet.web.pages.keys import limits_in
from carnet.web.pages.upstreams import CHOICES, upstreams_of
from carnet.web.record_addresses import DELETE, RECORDS, REMOVE, of_organisation, twin, with_query
from carnet.web.record_rows import HELD, class_words
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.account import Organisation
    from carnet.records.deciding import Deciding as Rules
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

SUMS = ("records", "training", "bytes")
MOST = 1000
"""Accounts on the page; the twin of the page of all accounts has every one."""


def organisation_page(request: Request) -> Response:
    """`/accounts/organisation?org=NAME` and its JSON twin."""
    records = records_of(request)
    store, now = records.store, records.now()
    one = organisation_named(store.directory, request.query_params.get("org", ""))
    acts = store.directory.acts(one.id, 0)
    kept = kept_of(store, one, lacking(request))
    if asks_json(request):
        told = {name: dict(zip(SUMS, sums, strict=True)) for name, sums in kept.items()}
        return as_json(request, {**organisation_answer(store, one), "acts": acts_answer(acts), "kept": told})
    names = Names(store)
    members = store.directory.accounts(one.id)
    view = {
        "one": one,
        "acts": list(reversed(acts)),
        "switches": switches_of(one),
        "keep": [(flow, retention, class_words(retention)) for flow, retention in one.keep],
        "flows": _flows(one, Deciding(now.date())),
        "kept": [(class_words(name), name, sums) for name, sums in kept.items()],
        "total": [sum(column) for column in zip(*kept.values(), strict=True)],
        "rows": account_rows(members[:MOST], names),
        "all": len(members),
        "tiers": TIERS[one.terms],
        "limits": caps_words(one.caps),
        "upstreams": upstreams_of(store, one.id),
        "shared": len(upstreams_of(store, 0)),
        "choices": CHOICES,
        "records": with_query(RECORDS, org=one.name),
        "delete": with_query(DELETE, org=one.name),
        "remove": with_query(REMOVE, org=one.name),
        "twin": twin(request.url.path, {"org": one.name}),
        "done": request.query_params.get("done", ""),
        "ended": _count(request.query_params.get("ended", "")),
        "now": now,
    }
    return page(request, "organisation.html", view)


def kept_of(
    store: RecordStore, one: Organisation, unread: list[Unread] | None = None
) -> dict[str, tuple[int, int, int]]:
    """Class (or `held`) -> records, how many of them may train, bytes; from tallies, however many records there are."""
    found: dict[str, tuple[int, int, int]] = {}
    for partition, tallies in asked(store, lambda where: where.tallies(), unread):
        for tally in tallies:
            if tally.organisation == one.id:
                name = HELD if partition.name == HOLD else tally.lane.retention
                before = found.get(name, (0, 0, 0))
                may = tally.records if tally.lane.training else 0
                found[name] = before[0] + tally.records, before[1] + may, before[2] + tally.bytes
    return {name: found[name] for name in sorted(found, key=lambda name: (name == HELD, name))}


def switches_of(one: Organisation) -> list[tuple[str, str, bool, str]]:
    """(word, title, whether on, why it cannot be turned on) of each switch."""
    only = "Only for organisations of the enterprise tier." if one.tier != "enterprise" else ""
    people = "Only under commercial terms; here each person consents." if one.terms != "commercial" else ""
    return [
        ("zdr", "Zero data retention", one.zdr, only),
        ("dpp", "Partner programme", one.dpp, people),
        ("product-feedback", "Product feedback", one.product_feedback, ""),
    ]


def _flows(one: Organisation, deciding: Rules) -> list[tuple[str, str]]:
    """Flows that something is kept of, with the longest the rules say."""
    longest = ((flow, deciding.longest(one, flow)) for flow in deciding.flows)
    return [(flow, class_words(retention)) for flow, retention in longest if retention != "none"]


def set_organisation(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/organisation/set`: one switch, or how long one flow is kept; each change is a dated act."""
    records = records_of(request)
    at = records.begin()
    one = organisation_named(records.store.directory, form.get("org", ""))
    switches = {word: _switch(form[word]) for word in SWITCHES if form.get(word)}
    keep = {form["flow"]: form.get("class", "").strip()} if form.get("flow") else {}
    if not switches and not keep:
        raise CarnetError("Say what is to change: a switch, or a flow and the class it is kept under.")
    ended = change_organisation(records.store, records.keyring, one, switches, keep, at, unread=lacking(request))
    done = "zdr" if switches.get("zdr") else "set"
    return RedirectResponse(f"{of_organisation(one.name)}&done={done}&ended={ended}", 303)


def set_limits(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/organisation/limits`: for all its keys together; what is left empty is as the settings say."""
    records = records_of(request)
    given = limits_in(form)
    at = records.begin()
    one = organisation_named(records.store.directory, form.get("org", ""))
    change_organisation(records.store, records.keyring, one, {}, {}, at, caps=given)
    return RedirectResponse(f"{of_organisation(one.name)}&done=set&ended=0", 303)


def _switch(value: str) -> bool:
    if value not in {"on", "off"}:
        raise CarnetError(f"{value[:40]!r} is neither on nor off.")
    return value == "on"


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
