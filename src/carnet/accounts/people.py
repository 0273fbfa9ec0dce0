"""Accounts of people, and their consent: a dated history that they can change at any time."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.accounts.organisations import check_tier
from carnet.errors import ArgumentError, CarnetError, NotFoundError
from carnet.model.account import CONSENT, Account, Act

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.account import Organisation
    from carnet.stores.records_contract import Directory

_ADDRESS = re.compile(r"[^\s@\x00-\x1f\ud800-\udfff]{1,64}@[^\s@\x00-\x1f\ud800-\udfff]{1,190}")
"""Surrogates are bytes of a command line that are no UTF-8."""


def new_account(email: str, organisation: Organisation, tier: str, now: datetime) -> Account:
    """An account that no store has seen yet. Raises CarnetError for what is no address, or no tier of these terms."""
    if not _ADDRESS.fullmatch(email):
        raise ArgumentError("email", f"{email!r} is no e-mail address")
    if tier:
        check_tier(organisation.terms, tier)
    if organisation.closed:
        raise CarnetError(f"{organisation.name} is being deleted; no account can be added to it")
    return Account(0, organisation.id, email, tier, now)


def add_account(directory: Directory, account: Account, consent: str, now: datetime) -> Account:
    """Add an account. Consent that was not given is none, and leaves no act behind."""
    acts = [Act(account.organisation, 0, now, CONSENT, consent)] if consent else []
    return directory.add_account(replace(account, consent=consent == "on"), acts)


def account_named(directory: Directory, email: str) -> Account:
    """The account with that address. Raises NotFoundError."""
    found = directory.account(email)
    if found is None:
        raise NotFoundError(f"there is no account {email!r}; carnet account list shows all")
    return found


def set_consent(directory: Directory, account: Account, consent: str, now: datetime) -> Account:
    """Write what a person decided, with its date; saying the same again is no act."""
    account = account_named(directory, account.email)  # as it is by now: it may be being deleted
    given = consent == "on"
    if given == account.consent and directory.acts(account.organisation, account.id):
        return account
    new = replace(account, consent=given)
    directory.change_account(new, [Act(account.organisation, account.id, now, CONSENT, consent)])
    return new
