"""One account: its consent as a dated history, what is kept of it by class, its sessions."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.people import account_named
from carnet.errors import CarnetError
from carnet.records.changing import change_consent
from carnet.web.amounts import total
from carnet.web.lacking import lacking
from carnet.web.pages.keys import MEANINGS, key_rows
from carnet.web.pages.session import MOST
from carnet.web.person import person_of
from carnet.web.record_addresses import DELETE, RECORDS, REMOVE, of_account, of_organisation, twin, with_query
from carnet.web.record_rows import class_words
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
    person = person_of(store, one, lacking(request))
    if asks_json(request):
        return as_json(request, person.whole)
    organisation = person.names.organisations[one.organisation]
    view = {
        "one": one,
        "answer": person.answer,
        "organisation": organisation,
        "organisation_href": of_organisation(organisation.name),
        "acts": list(reversed(person.acts)),
        "classes": [(class_words(name), amount) for name, amount in person.classes.items()],
        "total": total(person.classes.values()),
        "rows": person.sessions[:MOST],
        "all": len(person.sessions),
        "keys": key_rows(store, one, now),
        "meanings": MEANINGS,
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
    shortened = change_consent(records.store, records.keyring, one, given, at, lacking(request))
    done = f"{given}-shortened" if shortened else given
    return RedirectResponse(f"{of_account(one.email)}&done={done}", 303)
