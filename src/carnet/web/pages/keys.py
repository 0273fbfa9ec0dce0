"""Keys on an account's page: made and shown once, given limits, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.caps import CAPS, caps_words, limit_key
from carnet.accounts.keys import id_named, last_moment, make_key, standing
from carnet.accounts.people import account_named
from carnet.errors import FieldError
from carnet.model.account import SCOPES
from carnet.web.record_addresses import of_account
from carnet.web.records import records_of
from carnet.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.account import Account, ApiKey
    from carnet.stores.records_contract import RecordStore

MEANINGS = {
    "relay": "let model traffic pass",
    "intake": "take reports",
    "own": "show its holder what is kept about them, and delete it; not for an agent",
}
"""Scope -> what a key may do with it."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key on a page."""

    key: ApiKey
    state: str
    """As `carnet key list` has it."""
    limits: tuple[str, ...]


def key_rows(store: RecordStore, account: Account, now: datetime) -> list[KeyRow]:
    """Keys of an account, those that work first, the newest first among them."""
    found = reversed(store.api_keys.listed(account.id))
    rows = [KeyRow(one.key, standing(one, now), tuple(caps_words(one.key.caps))) for one in found]
    return sorted(rows, key=lambda row: row.state != "valid")


def create_key(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/keys/create`: the key is in the answer, and nowhere else."""
    records = records_of(request)
    at = records.begin()
    account = account_named(records.store.directory, form.get("account", ""))
    expires = form.get("expires", "").strip()
    until = last_moment(expires, at) if expires else None
    scopes = [scope for scope in SCOPES if form.get(f"scope-{scope}")]
    caps = {name: value for name, value in limits_in(form).items() if value is not None}
    name = form.get("name", "").strip()
    key, text = make_key(records.store.api_keys, account, scopes, until, name, at, caps=caps)
    view = {"text": text, "key": key, "account": account, "back": of_account(account.email), "meanings": MEANINGS}
    return page(request, "key.html", view)


def limit(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/keys/limit`: what is left empty is as the settings say."""
    records = records_of(request)
    id_, given = id_named(form.get("key", "")), limits_in(form)
    records.begin()
    limit_key(records.store.api_keys, id_, given)
    return _back(records.store, id_, "limited")


def revoke_key(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/keys/revoke`."""
    records = records_of(request)
    id_ = id_named(form.get("key", ""))
    at = records.begin()
    records.store.api_keys.revoke(id_, at)
    return _back(records.store, id_, "revoked")


def limits_in(form: Mapping[str, str]) -> dict[str, int | None]:
    """The three limits of a form; an empty one is None."""
    return {name: _limit(name, form.get(name, "").strip()) for name in CAPS}


def _limit(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise FieldError(name, "write a whole number, 0 for no limit, or leave it empty")
    return int(text[:12])


def _back(store: RecordStore, id_: str, done: str) -> Response:
    email = store.api_keys.find([id_])[id_].account.email
    return RedirectResponse(f"{of_account(email)}&done={done}#keys", 303)
