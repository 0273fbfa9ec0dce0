"""Addresses of the pages about records and accounts. Names stand in queries: they may hold anything."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from carnet.errors import CarnetError
from carnet.records.reading import ID_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDS = "/records"
SESSIONS = "/records/sessions"
DELETE = "/records/delete"
REMOVE = "/accounts/delete"
ACCOUNTS = "/accounts"
ORGANISATION = "/accounts/organisation"
ACCOUNT = "/accounts/account"
INTAKE = "/intake"
SURVEY = "/intake/survey"
ERRORS = "/intake/errors"
FEEDBACK = "/intake/feedback"
REPORT = "/intake/feedback/report"
SINKS = "/intake/sinks"
SCOPE = ("org", "account", "session", "repository")
"""The names that say which records are meant, in every address and form."""


def with_query(address: str, **names: str) -> str:
    """An address with those of the names that are not empty."""
    given = [(name, value) for name, value in names.items() if value]
    return f"{address}?{urlencode(given, quote_via=quote, safe='@')}" if given else address


def cursor(before: str) -> str:
    """The id of a record that a page begins after. Raises CarnetError for what is none."""
    name = before.strip().lower()
    if name and (len(name) != ID_DIGITS or set(name) - set("0123456789abcdef")):
        raise CarnetError(f"before={before[:40]!r} is no id of a record: 32 hexadecimal digits.")
    return name


def of_session(org: str, account: str, session: str, repository: str = "") -> str:
    return with_query(SESSIONS, org=org, account=account, session=session, repository=repository)


def of_account(email: str) -> str:
    return with_query(ACCOUNT, email=email)


def of_organisation(name: str) -> str:
    return with_query(ORGANISATION, org=name)


def twin(path: str, params: Mapping[str, str]) -> str:
    """The JSON twin of the page at a path."""
    return with_query(f"{path}.json", **params)
