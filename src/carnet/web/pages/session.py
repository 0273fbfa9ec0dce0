"""Sessions: one with its records, what decided them, when they go and its hold; or those that a name may mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.errors import CarnetError, GoneError
from carnet.records import holding
from carnet.records.answers import Names
from carnet.records.keeping import resume
from carnet.records.scoping import scope_of, sessions_of
from carnet.records.surveying import refuse_unread
from carnet.web.amounts import amounts, chunks_of, total
from carnet.web.lacking import lacking
from carnet.web.pages.deletion import receipt_page
from carnet.web.record_addresses import DELETE, RECORDS, SCOPE, SESSIONS, with_query
from carnet.web.record_rows import (
    amount_answer,
    by_session,
    class_words,
    record_rows,
    row_answer,
    session_answer,
    session_rows,
    whose,
)
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.record import Scope, Session
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

MOST = 200
"""Sessions of a listing."""
REASON = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Named:
    """One session of one account; it has a part in each repository it was in."""

    scope: Scope
    parts: tuple[Session, ...]


def sessions_page(request: Request) -> Response:
    """`/records/sessions` and its JSON twin: one session, or which there are where the address names several."""
    given = {name: request.query_params.get(name, "") for name in SCOPE}
    if not any(given.values()):
        return RedirectResponse(RECORDS, 303)
    store = records_of(request).store
    scope = scope_of(store, **given)
    sessions = [one for one in sessions_of(store, scope, lacking(request)) if one.name]
    owners = {(one.organisation, one.account) for one in sessions}
    if given["session"] and len(owners) == 1:
        return _one(request, Named(scope, tuple(sessions)), given)
    return _several(request, scope, sessions, given)


def _one(request: Request, named: Named, given: Mapping[str, str]) -> Response:
    records = records_of(request)
    store, now = records.store, records.now()
    names = Names(store)
    before = request.query_params.get("before", "")
    scope = scope_of(store, **{**given, "account": names.account(named.parts[0].account) or ""})
    found = record_rows(store, names, scope, now, "", before, lacking(request))
    classes = amounts(chunks_of(store, scope, lacking(request)), lambda one: one.lane.retention)
    first = whose(named.parts[0], names)
    holds = [names.holds[one] for one in named.parts if one in names.holds]
    fields = {"org": first.org, "account": first.account, "session": first.session, "repository": given["repository"]}
    older = with_query(SESSIONS, **fields, before=found.older) if found.older else ""
    if asks_json(request):
        told = {
            **fields,
            "repositories": [one.repository for one in named.parts],
            "classes": {name: amount_answer(one) for name, one in classes.items()},
            "hold": holds[0].reason if holds else None,
            "records": [row_answer(row) for row in found.rows],
            "older": older or None,
        }
        return as_json(request, told)
    view = {
        "whose": first,
        "parts": named.parts,
        "fields": fields,
        "classes": [(class_words(name), one) for name, one in sorted(classes.items())],
        "total": total(classes.values()),
        "holds": holds,
        "loose": len(named.parts) > len(holds),
        "rows": found.rows,
        "before": before,
        "older": older,
        "delete": with_query(DELETE, **fields),
        "done": request.query_params.get("done", ""),
        "now": now,
    }
    return page(request, "session.html", view)


def _several(request: Request, scope: Scope, sessions: Sequence[Session], given: Mapping[str, str]) -> Response:
    records = records_of(request)
    names = Names(records.store)
    rows = session_rows(sessions, by_session(chunks_of(records.store, scope, lacking(request))), names)
    if not rows and given["session"]:
        refuse_unread(lacking(request), f"Nothing of the session {given['session']!r} is in what can be read")
        raise GoneError(f"nothing is kept of the session {given['session']!r}: it expired, was deleted, or never was")
    if asks_json(request):
        return as_json(request, {"sessions": [session_answer(row) for row in rows]})
    shown = {"rows": rows[:MOST], "all": len(rows), "given": given, "now": records.now()}
    return page(request, "sessions.html", shown)


def hold(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /records/hold`."""
    records, reason = records_of(request), _reason(form)
    at = records.begin()
    named = named_by(records.store, form, lacking(request))
    held = {one.session for one in records.store.catalogue.holds()}
    loose = [one for one in named.parts if one not in held]
    if loose:
        holding.hold(records.store, records.keyring, loose, reason, at)
    return RedirectResponse(_back(form, "held"), 303)


def release(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /records/release`: what had been asked for meanwhile is done now, and its receipts are shown."""
    records, reason = records_of(request), _reason(form)
    at = records.begin()
    named = named_by(records.store, form, lacking(request))
    holding.release(records.store, records.keyring, named.parts, reason, at)
    done = resume(records.store, records.keyring, at, lacking(request))
    if done:
        return receipt_page(request, done)
    left = sessions_of(records.store, named.scope, lacking(request))
    return RedirectResponse(_back(form, "released") if left else "/holds?done=released", 303)


def named_by(store: RecordStore, form: Mapping[str, str], unread: list[Unread]) -> Named:
    """The session a form names. Raises GoneError where nothing is kept of it, UnreadError where nobody can tell."""
    if not (form.get("account") and form.get("session")):
        raise CarnetError("Say which session: the form names an account and a session.")
    scope = scope_of(store, **{name: form.get(name, "") for name in SCOPE})
    parts = sessions_of(store, scope, unread)
    if not parts:
        refuse_unread(unread, f"Nothing of the session {form['session']!r} is in what can be read")
        raise GoneError(f"nothing is kept of the session {form['session']!r}: it expired, was deleted, or never was")
    return Named(scope, tuple(parts))


def _reason(form: Mapping[str, str]) -> str:
    reason = " ".join(form.get("reason", "").split())
    if not reason:
        raise CarnetError("A reason is needed: it is recorded, and whoever comes after you reads it.")
    if len(reason) > REASON:
        raise CarnetError(f"This reason has {len(reason)} characters; {REASON} at most.")
    return reason


def _back(form: Mapping[str, str], done: str) -> str:
    return with_query(SESSIONS, **{name: form.get(name, "") for name in SCOPE}, done=done)
