"""A person's own page: what is kept about them and until when, their consent, deleting a session, taking all along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.errors import CarnetError
from carnet.records.answers import Names
from carnet.records.changing import change_consent
from carnet.web.amounts import amounts, chunks_of, total
from carnet.web.calls.records import bytes_of, lines_of
from carnet.web.holders import HERE, caller_of
from carnet.web.lacking import lacking
from carnet.web.own import delete_own, export_own, own_account, own_body, own_sessions, scope_of_own
from carnet.web.pages.deletion import receipt_page
from carnet.web.pages.session import MOST
from carnet.web.person import person_of
from carnet.web.record_addresses import with_query
from carnet.web.record_rows import class_words, record_rows
from carnet.web.records import records_of
from carnet.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.web.record_rows import SessionRow

SESSION = f"{HERE}/session"
DELETE = f"{HERE}/delete"
BODY = f"{HERE}/body"


def mine_page(request: Request) -> Response:
    """`/mine`."""
    records, caller = records_of(request), caller_of(request)
    person = person_of(records.store, own_account(records, caller), lacking(request))
    view = {
        "one": person.account,
        "answer": person.answer,
        "organisation": caller.organisation,
        "acts": list(reversed(person.acts)),
        "classes": [(class_words(name), amount) for name, amount in person.classes.items()],
        "total": total(person.classes.values()),
        "rows": [_linked(row) for row in person.sessions[:MOST]],
        "all": len(person.sessions),
        "key": caller.key,
        "done": request.query_params.get("done", ""),
        "now": records.now(),
    }
    return page(request, "mine.html", view)


def _linked(row: SessionRow) -> SessionRow:
    """A row of theirs: its links stay on their own page."""
    whose = row.whose
    href = with_query(SESSION, session=whose.session, repository=whose.repository) if whose.session else ""
    return replace(row, whose=replace(whose, org_href="", account_href="", session_href=href))


def session_page(request: Request) -> Response:
    """`/mine/session?session=NAME`: one session with its records."""
    records, caller = records_of(request), caller_of(request)
    names, unread = _asked(request.query_params), lacking(request)
    parts = own_sessions(records, caller, **names, unread=unread)
    scope = scope_of_own(caller.account, **names)
    store, now = records.store, records.now()
    before = request.query_params.get("before", "")
    found = record_rows(store, Names(store), scope, now, "", before, unread)
    classes = amounts(chunks_of(store, scope, unread), lambda one: one.lane.retention)
    view = {
        "name": names["session"],
        "parts": parts,
        "fields": names,
        "classes": [(class_words(name), one) for name, one in sorted(classes.items())],
        "total": total(classes.values()),
        "holds": [one for one in store.catalogue.holds() if one.session in parts],
        "rows": found.rows,
        "before": before,
        "older": with_query(SESSION, **names, before=found.older) if found.older else "",
        "delete": with_query(DELETE, **names),
        "now": now,
    }
    return page(request, "mine_session.html", view)


def confirmation(request: Request) -> Response:
    """`GET /mine/delete?session=NAME`: what will be gone; looking deletes nothing."""
    records, caller = records_of(request), caller_of(request)
    names, unread = _asked(request.query_params), lacking(request)
    parts = own_sessions(records, caller, **names, unread=unread)
    held = {one.session for one in records.store.catalogue.holds()}
    chunks = list(chunks_of(records.store, scope_of_own(caller.account, **names), unread))
    view = {
        "name": names["session"],
        "fields": names,
        "going": total(amounts([one for one in chunks if one.key.session not in held], lambda _: "").values()),
        "held": sum(one in held for one in parts),
        "back": with_query(SESSION, **names),
        "now": records.now(),
    }
    return page(request, "mine_delete.html", view)


def delete(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /mine/delete`: the receipt is in the answer, and nowhere else."""
    return receipt_page(request, [delete_own(records_of(request), caller_of(request), **_asked(form))])


def consent(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /mine/consent`: on or off, from now on."""
    records, caller, given = records_of(request), caller_of(request), form.get("consent", "")
    if given not in {"on", "off"}:
        raise CarnetError("Consent is on or off.")
    at = records.begin()
    shortened = change_consent(
        records.store, records.keyring, own_account(records, caller), given, at, lacking(request)
    )
    return RedirectResponse(with_query(HERE, done=f"{given}-shortened" if shortened else given), 303)


def export(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /mine/export`: everything about them, as a file of JSON lines."""
    del form
    answer = lines_of(export_own(records_of(request), caller_of(request)))
    answer.headers["Content-Disposition"] = 'attachment; filename="carnet-about-me.jsonl"'
    return answer


def body(request: Request) -> Response:
    """`/mine/body?id=ID`: one record's body, as a file."""
    return bytes_of(own_body(records_of(request), caller_of(request), request.query_params.get("id", "")))


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, "") for name in ("session", "repository")}
