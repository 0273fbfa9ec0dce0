"""Organisations with their terms and switches, their accounts with their consent; adding one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.organisations import add_organisation, organisation_named
from carnet.accounts.people import add_account, new_account
from carnet.errors import CarnetError
from carnet.model.account import TIERS
from carnet.records.answers import Names, account_answer, organisation_answer
from carnet.web.pages.upstreams import CHOICES, upstreams_of
from carnet.web.record_addresses import of_account, of_organisation, with_query
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.account import Account, Organisation
    from carnet.records.answers import Answer

SHOWN = 50
"""Accounts of an organisation on the page of all; its own page has every one."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account."""

    account: Account
    answer: Answer
    href: str


@dataclass(frozen=True, slots=True)
class Group:
    """An organisation with its accounts."""

    organisation: Organisation
    href: str
    rows: tuple[AccountRow, ...]
    count: int
    consenting: int


def accounts_page(request: Request) -> Response:
    """`/accounts` and its JSON twin."""
    records = records_of(request)
    names = Names(records.store)
    if asks_json(request):
        organisations = [organisation_answer(records.store, one) for one in names.organisations.values()]
        accounts = [account_answer(one, names) for one in names.accounts.values()]
        return as_json(request, {"organisations": organisations, "accounts": accounts})
    members: dict[int, list[Account]] = {}
    for one in names.accounts.values():
        members.setdefault(one.organisation, []).append(one)
    groups = [_group(one, members.get(one.id, []), names) for one in names.organisations.values()]
    groups.sort(key=lambda one: one.organisation.name.casefold())
    view = {
        "groups": groups,
        "tiers": TIERS,
        "accounts": len(names.accounts),
        "upstreams": upstreams_of(records.store, 0),
        "choices": CHOICES,
        "done": request.query_params.get("done", ""),
    }
    return page(request, "accounts.html", view)


def _group(organisation: Organisation, members: Sequence[Account], names: Names) -> Group:
    rows = account_rows(members[:SHOWN], names)
    consenting = sum(one.consent for one in members)
    return Group(organisation, of_organisation(organisation.name), rows, len(members), consenting)


def account_rows(members: Sequence[Account], names: Names) -> tuple[AccountRow, ...]:
    return tuple(AccountRow(one, account_answer(one, names), of_account(one.email)) for one in members)


def add_org(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/add-organisation`: nothing is on that nobody turned on."""
    records = records_of(request)
    terms, _, tier = form.get("tier", "").partition("/")
    at = records.begin()
    one = add_organisation(records.store.directory, form.get("name", "").strip(), terms, tier, at)
    return RedirectResponse(with_query(of_organisation(one.name)) + "&done=added", 303)


def add_person(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/add-account`: consent that is not given is none."""
    records = records_of(request)
    consent = form.get("consent", "")
    if consent not in {"", "on", "off"}:
        raise CarnetError("Consent is on, off, or not given.")
    at = records.begin()
    directory = records.store.directory
    organisation = organisation_named(directory, form.get("org", ""))
    account = new_account(form.get("email", "").strip(), organisation, form.get("tier", ""), at)
    added = add_account(directory, account, consent, at)
    return RedirectResponse(f"{of_account(added.email)}&done=added", 303)
