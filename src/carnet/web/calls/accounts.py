"""Calls about accounts: the verbs of `carnet account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.accounts.organisations import organisation_named
from carnet.accounts.people import account_named, add_account, new_account
from carnet.records.answers import Names, account_answer, acts_answer
from carnet.records.changing import change_consent, delete_account
from carnet.web.calls.call import Call
from carnet.web.calls.shapes import AccountFilter, ConsentChange, NewAccount

if TYPE_CHECKING:
    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing

ALL = "/api/admin/accounts"
ONE = ALL + "/{email:path}"


def listed(asking: Asking, given: AccountFilter) -> Answer:
    """List accounts."""
    store = asking.records.store
    names = Names(store)
    of = organisation_named(store.directory, given.org).id if given.org else None
    return {"accounts": [account_answer(one, names) for one in store.directory.accounts(of)]}


def shown(asking: Asking, given: Nothing) -> Answer:
    """Show an account with its consent history."""
    del given
    return _answer(asking, asking.part("email"))


def added(asking: Asking, given: NewAccount) -> Answer:
    """Add an account to an organisation. Consent that is not given is none."""
    at = asking.records.begin()
    directory = asking.records.store.directory
    organisation = organisation_named(directory, given.org)
    one = add_account(
        directory, new_account(given.email, organisation, given.tier, at), given.model_improvement or "", at
    )
    return _answer(asking, one.email)


def consented(asking: Asking, given: ConsentChange) -> Answer:
    """Say whether models may be improved with a person's data. Off takes effect at once; on changes nothing kept.

    `ends_sooner` is the number of batches of records that do.
    """
    records = asking.records
    at = records.begin()
    one = account_named(records.store.directory, asking.part("email"))
    sooner = change_consent(records.store, records.keyring, one, given.model_improvement, at, asking.unread)
    return {**_answer(asking, one.email), "ends_sooner": sooner}


def deleted(asking: Asking, given: Nothing) -> Answer:
    """Erase an account, its records and its consent history. The receipt is in the answer, and nowhere else."""
    del given
    records = asking.records
    records.begin()
    one = account_named(records.store.directory, asking.part("email"))
    return dict(delete_account(records.store, records.keyring, one, records.now).answer)


def _answer(asking: Asking, email: str) -> Answer:
    store = asking.records.store
    one = account_named(store.directory, email)
    acts = store.directory.acts(one.organisation, one.id)
    return {**account_answer(one, Names(store)), "history": acts_answer(acts)}


CALLS = (
    Call("GET", ALL, listed, AccountFilter),
    Call("POST", ALL, added, NewAccount, 201),
    Call("GET", ONE, shown),
    Call("PATCH", ONE, consented, ConsentChange),
    Call("DELETE", ONE, deleted),
)
