"""Deletion: a page that says what will be gone, the form that does it, and the receipt, shown once."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.accounts.organisations import organisation_named
from carnet.accounts.people import account_named
from carnet.errors import BusyError, CarnetError, GoneError
from carnet.records import erasing, works
from carnet.records.answers import Names
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.scoping import KINDS, narrowed, scope_of, sessions_of
from carnet.web.amounts import Amount, chunks_of, total
from carnet.web.lacking import lacking
from carnet.web.record_addresses import (
    REMOVE,
    SCOPE,
    of_account,
    of_organisation,
    of_session,
    twin,
    with_query,
)
from carnet.web.record_rows import SessionRow, amount_answer, by_session, session_answer, session_rows
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.record import Scope
    from carnet.records.receipts import Receipt
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore
    from carnet.web.records import Records


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deletion would do."""

    fields: Mapping[str, str]
    scope: Scope
    remove: str
    """`account` or `organisation` where that is to be forgotten with its records; else empty."""
    sessions: int
    going: Amount | None
    """What is gone at once."""
    held: tuple[SessionRow, ...]
    """What waits for a release."""
    accounts: int
    asked: bool
    """True where the same was asked for already and waits."""
    of: tuple[str, ...] = ()
    """People whose records go, a few of them by name."""
    people: int = 0

    @property
    def words(self) -> dict[str, str]:
        """How the receipt names it."""
        return {KINDS[name]: value for name, value in self.fields.items()}


def confirmation(request: Request) -> Response:
    """`GET /records/delete` and `/accounts/delete`, with their JSON twins: looking deletes nothing."""
    records = records_of(request)
    plan = plan_of(records.store, request.query_params, lacking(request), removing=request.url.path.startswith(REMOVE))
    if asks_json(request):
        return as_json(request, plan_answer(plan))
    path = request.url.path
    view = {
        "plan": plan,
        "said": said(plan.words),
        "back": _back(plan),
        "twin": twin(path, plan.fields),
        "now": records.now(),
    }
    return page(request, "deletion.html", view)


def delete(request: Request, form: Mapping[str, str]) -> Response:
    """`POST` to the same addresses: the receipt is in the answer, and nowhere else."""
    records = records_of(request)
    records.begin()
    unread = lacking(request)
    plan = plan_of(records.store, form, unread, removing=request.url.path.startswith(REMOVE))
    if plan.asked and not plan.going and not unread:
        raise BusyError("This was asked for already: what is left of it is held, and goes when it is released.")
    if not plan.remove and not plan.going and not plan.held and not unread:
        raise GoneError(f"nothing is kept of {said(plan.words)}: it expired, was deleted, or never was")
    return receipt_page(request, [_done(records, plan)])


def _done(records: Records, plan: Plan) -> Receipt:
    store, keyring = records.store, records.keyring
    if plan.remove == "account":
        return delete_account(store, keyring, account_named(store.directory, plan.fields["account"]), records.now)
    if plan.remove == "organisation":
        organisation = organisation_named(store.directory, plan.fields["org"])
        return delete_organisation(store, keyring, organisation, records.now)
    work = erasing.begin(store, plan.scope, records.now(), plan.words)
    return erasing.erase(store, keyring, work, records.now)


def plan_of(store: RecordStore, given: Mapping[str, str], unread: list[Unread], *, removing: bool) -> Plan:
    """What the fields of an address or a form mean, and what is there. Raises CarnetError where they mean nothing.

    What cannot be read is added to `unread`: a deletion reaches it after the repair.
    """
    fields = {name: given.get(name, "") for name in SCOPE if given.get(name, "")}
    remove = ""
    if removing:
        fields = {name: fields[name] for name in ("account", "org") if name in fields}
        if len(fields) != 1:
            raise CarnetError("Say what is to be deleted: one account or one organisation.")
        remove = KINDS[next(iter(fields))]
    elif not fields:
        raise CarnetError("Say what is to be deleted: an organisation, an account, a session or a repository.")
    scope = scope_of(store, **fields)
    if fields.get("session") or not scope.organisation:
        scope, _ = narrowed(store, fields, unread)
    return _plan(store, fields, scope, remove, unread)


def _plan(store: RecordStore, fields: Mapping[str, str], scope: Scope, remove: str, unread: list[Unread]) -> Plan:
    names = Names(store)
    sums = by_session(chunks_of(store, scope, unread))
    held = [one for one in sessions_of(store, scope, unread) if one in names.holds]
    going = {one: amount for one, amount in sums.items() if one not in names.holds}
    people = sorted({email for one in going if (email := names.account(one.account))})
    return Plan(
        fields,
        scope,
        remove,
        len(going),
        total(going.values()),
        tuple(session_rows(held, sums, names)),
        len(store.directory.accounts(scope.organisation)) if remove == "organisation" else 0,
        any(one.scope == scope and one.done.get("remove", "") == remove for one in works.waiting(store)),
        tuple(people[:5]),
        len(people),
    )


def plan_answer(plan: Plan) -> dict[str, object]:
    return {
        "scope": plan.words,
        "removes": plan.remove or None,
        "accounts": plan.accounts,
        "sessions": plan.sessions,
        "people": plan.people,
        "gone": amount_answer(plan.going),
        "waits": [session_answer(one) for one in plan.held],
        "asked_already": plan.asked,
    }


def _back(plan: Plan) -> str:
    fields = plan.fields
    if "session" in fields and "account" in fields:
        return of_session(fields.get("org", ""), fields["account"], fields["session"], fields.get("repository", ""))
    if set(fields) <= {"account", "org"} and "account" in fields:
        return of_account(fields["account"])
    return of_organisation(fields["org"]) if set(fields) == {"org"} else with_query("/records", **fields)


def receipt_page(request: Request, receipts: Sequence[Receipt]) -> Response:
    """Receipts with their salts: the only time they are shown."""
    if asks_json(request):
        return as_json(request, {"receipts": [dict(one.answer) for one in receipts]})
    shown = []
    for one in receipts:
        text = json.dumps(dict(one.answer), indent=1, ensure_ascii=False) + "\n"
        scope = one.answer["scope"]
        href = f"data:application/json;base64,{base64.b64encode(text.encode()).decode()}"
        shown.append((one.answer, said(scope) if isinstance(scope, dict) else "", text, href))
    return page(request, "receipt.html", {"shown": shown})


def said(words: Mapping[str, str]) -> str:
    """`session s1, account ann@acme.test`."""
    order = list(KINDS.values())
    named = sorted(words.items(), key=lambda one: order.index(one[0]) if one[0] in order else -1, reverse=True)
    return ", ".join(f"{kind} {name}" for kind, name in named)
