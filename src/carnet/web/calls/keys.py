"""Calls about keys: the verbs of `carnet key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.accounts.answers import key_answer
from carnet.accounts.caps import limit_key
from carnet.accounts.keys import id_named, last_moment, make_key
from carnet.accounts.people import account_named
from carnet.errors import CarnetError, FieldError, NotFoundError
from carnet.model.account import USUAL_SCOPES
from carnet.web.calls.call import Call
from carnet.web.calls.shapes import KeyChange, KeyFilter, NewKey

if TYPE_CHECKING:
    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing

ALL = "/api/admin/keys"
ONE = ALL + "/{id}"
ID_LENGTH = 8


def listed(asking: Asking, given: KeyFilter) -> Answer:
    """List keys: whose, what for, until when, and the last day each was used."""
    store = asking.records.store
    of = account_named(store.directory, given.account).id if given.account else None
    return {"keys": [key_answer(one, asking.records.now()) for one in store.api_keys.listed(of)]}


def shown(asking: Asking, given: Nothing) -> Answer:
    """Show what is known of a key."""
    del given
    return _answer(asking, _id(asking))


def created(asking: Asking, given: NewKey) -> Answer:
    """Make a key. `key` is in the answer, this once, as only a hash of it is kept."""
    records = asking.records
    at = records.begin()
    store = records.store
    holder = account_named(store.directory, given.account)
    until = last_moment(given.expires, at) if given.expires else None
    caps = {name: value for name, value in given.limits.options().items() if value is not None}
    scopes = given.scopes or USUAL_SCOPES
    key, text = make_key(store.api_keys, holder, scopes, until, given.name, at, caps=caps)
    return {"key": text, **_answer(asking, key.id)}


def limited(asking: Asking, given: KeyChange) -> Answer:
    """Change what a key may use of the relay, within a second, in every process."""
    if not given.limits.options():
        raise CarnetError("say what to change: requests_per_minute, tokens_per_minute or at_once in limits")
    id_ = _id(asking)
    asking.records.begin()
    limit_key(asking.records.store.api_keys, id_, given.limits.options())
    return _answer(asking, id_)


def revoked(asking: Asking, given: Nothing) -> Answer:
    """Make a key worthless, within a second, in every process. What was kept under it stays as it was."""
    del given
    id_ = _id(asking)
    at = asking.records.begin()
    asking.records.store.api_keys.revoke(id_, at)
    return _answer(asking, id_)


def _id(asking: Asking) -> str:
    """The id in the address. A whole key is not taken there: addresses are remembered in many places."""
    text = asking.part("id")
    if len(text) != ID_LENGTH:
        raise FieldError("id", "is no id of a key: eight letters and digits")
    return id_named(text)


def _answer(asking: Asking, id_: str) -> Answer:
    found = asking.records.store.api_keys.find([id_]).get(id_)
    if found is None:
        raise NotFoundError(f"there is no key {id_}")
    return key_answer(found, asking.records.now())


CALLS = (
    Call("GET", ALL, listed, KeyFilter),
    Call("POST", ALL, created, NewKey, 201),
    Call("GET", ONE, shown),
    Call("PATCH", ONE, limited, KeyChange),
    Call("POST", ONE + "/revoke", revoked),
)
