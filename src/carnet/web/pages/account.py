"""One account: its consent as a dated history, what is kept of it by class, its sessions."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.people import account_named
from carnet.errors import CarnetError
from carnet.model.record import Scope
from carnet.records.answers import Names, account_answer, acts_answer
from carnet.records.changing import change_consent
from carnet.records.scoping import sessions_of
from carnet.web.amounts import chunks_of, total
from carnet.web.pages.session import MOST
from carnet.web.record_addresses import DELETE, RECORDS, REMOVE, of_account, of_organisation, twin, with_query
from carnet.web.record_rows import amount_answer, by_class, by_session, class_words, session_answer, session_rows
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response


def account_page(request: Request) -> Response:
    """`/accounts/account?email=EMAIL` and its JSON twin."""
    records = records_of(request)
    store, now = records.store, records.now()
    one = account_named(store.directory, request.query_params.get("email", ""))
    names, scope = Names(store), Scope(one.organisation, one.id)
    acts = store.directory.acts(one.organisation, one.id)
    chunks = list(chunks_of(store, scope))
    classes = by_class(chunks, names)
    sessions = session_rows(sessions_of(store, scope), by_session(chunks), names)
    answer = account_answer(one, names)
    if asks_json(request):
        kept = {name: amount_answer(amount) for name, amount in classes.items()}
        listed = [session_answer(row) for row in sessions]
        return as_json(request, {**answer, "history": acts_answer(acts), "kept": kept, "sessions": listed})
    organisation = names.organisations[one.organisation]
    view = {
        "one": one,
        "answer": answer,
        "organisation": organisation,
        "organisation_href": of_organisation(organisation.name),
        "acts": list(reversed(acts)),
        "classes": [(class_words(name), amount) for name, amount in classes.items()],
        "total": total(classes.values()),
        "rows": sessions[:MOST],
        "all": len(sessions),
        "export": f"carnet records export --subject {shlex.quote(one.email)}",
        "records": with_query(RECORDS, account=one.email),
        "delete": with_query(DELETE, account=one.email),
        "remove": with_query(REMOVE, account=one.email),
        "twin": twin(request.url.path, {"email": one.email}),
        "done": request.query_params.get("done", ""),
        "now": now,
    }
    return page(request, "account.html", view)


def consent(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/account/consent`: on or off, from now on."""
    records = records_of(request)
    given = form.get("consent", "")
    if given not in {"on", "off"}:
        raise CarnetError("Consent is on or off.")
    at = records.begin()
    one = account_named(records.store.directory, form.get("account", ""))
    shortened = change_consent(records.store, records.keyring, one, given, at)
    done = f"{given}-shortened" if shortened else given
    return RedirectResponse(f"{of_account(one.email)}&done={done}", 303)
