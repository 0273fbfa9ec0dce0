"""Organisations and accounts in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Account, Act, Caps, Organisation
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.generations import grow
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.stores.sql.database import Database
    from carnet.stores.sql.direct import Direct

_ORGANISATIONS, _NAMED = Statement("catalogue.organisations"), Statement("catalogue.organisation_named")
_ORGANISATION_THERE = Statement("catalogue.organisation_there")
_ADD_ORGANISATION = Statement("catalogue.add_organisation")
_CHANGE_ORGANISATION = Statement("catalogue.change_organisation")
_ACCOUNTS, _ACCOUNTS_OF = Statement("catalogue.accounts"), Statement("catalogue.accounts_of")
_ACCOUNT_WITH = Statement("catalogue.account_with")
_ADD_ACCOUNT, _CHANGE_ACCOUNT = Statement("catalogue.add_account"), Statement("catalogue.change_account")
_ACTS, _ACTS_OF, _ADD_ACT = Statement("catalogue.acts"), Statement("catalogue.acts_of"), Statement("catalogue.add_act")
_REMOVE_ACCOUNT = [
    *(Statement(f"catalogue.remove_{table}_of_account") for table in ("api_key", "act", "opening")),
    Statement("catalogue.remove_account"),
]
_REMOVE_ORGANISATION = [
    *(
        Statement(f"catalogue.remove_{table}_of_organisation")
        for table in ("api_key", "act", "opening", "org_key", "upstream", "account")
    ),
    Statement("catalogue.remove_organisation"),
]
"""Whatever leads to something goes before it."""


class SqlDirectory:
    """See Directory, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_organisation(self, organisation: Organisation) -> Organisation:
        values = _organisation_values(organisation)
        with self._database.putting() as direct:
            if _NAMED.first(direct, organisation.name):
                raise AlreadyThereError(f"there is already an organisation {organisation.name!r}")
            _ADD_ORGANISATION.run(direct, *values)
            grow(direct)
            return organisation_of(_NAMED.first(direct, organisation.name))

    def change_organisation(self, organisation: Organisation, acts: Sequence[Act]) -> None:
        with self._database.putting() as direct:
            changed = _CHANGE_ORGANISATION.run(direct, *_organisation_values(organisation), organisation.id)
            if not changed.rowcount:
                raise NotFoundError(f"there is no organisation {organisation.name!r} any more")
            _record(direct, acts)
            grow(direct)

    def organisations(self) -> list[Organisation]:
        with self._database.glancing() as direct:
            return [organisation_of(row) for row in _ORGANISATIONS.run(direct).fetchall()]

    def add_account(self, account: Account, acts: Sequence[Act]) -> Account:
        folded = account.email.casefold()
        with self._database.putting() as direct:
            if _ACCOUNT_WITH.first(direct, folded):
                raise AlreadyThereError(f"there is already an account {account.email!r}")
            if not _ORGANISATION_THERE.first(direct, account.organisation):
                raise NotFoundError(f"there is no organisation any more for the account {account.email!r}")
            _ADD_ACCOUNT.run(direct, *_account_values(account))
            added = account_of(_ACCOUNT_WITH.first(direct, folded))
            _record(direct, [Act(one.organisation, added.id, one.at, one.what, one.value) for one in acts])
            grow(direct)
            return added

    def change_account(self, account: Account, acts: Sequence[Act]) -> None:
        with self._database.putting() as direct:
            if not _CHANGE_ACCOUNT.run(direct, *_account_values(account), account.id).rowcount:
                raise NotFoundError(f"there is no account {account.email!r} any more")
            _record(direct, acts)
            grow(direct)

    def accounts(self, organisation: int | None = None) -> list[Account]:
        with self._database.glancing() as direct:
            found = _ACCOUNTS.run(direct) if organisation is None else _ACCOUNTS_OF.run(direct, organisation)
            return [account_of(row) for row in found.fetchall()]

    def account(self, email: str) -> Account | None:
        with self._database.glancing() as direct:
            row = _ACCOUNT_WITH.first(direct, email.casefold())
            return account_of(row) if row else None

    def remove_account(self, account: int) -> None:
        self._remove(_REMOVE_ACCOUNT, account)

    def remove_organisation(self, organisation: int) -> None:
        self._remove(_REMOVE_ORGANISATION, organisation)

    def _remove(self, steps: Sequence[Statement], whose: int) -> None:
        with self._database.putting() as direct:
            for one in steps:
                one.run(direct, whose)
            grow(direct)

    def acts(self, organisation: int, account: int | None = None) -> list[Act]:
        with self._database.glancing() as direct:
            asked = _ACTS.run(direct, organisation) if account is None else _ACTS_OF.run(direct, organisation, account)
            rows = asked.fetchall()
        return [Act(of, whose, instant(at), what, value) for _, of, whose, at, what, value in rows]


def _record(direct: Direct, acts: Sequence[Act]) -> None:
    _ADD_ACT.run_all(direct, [(a.organisation, a.account, micros(a.at), a.what, a.value) for a in acts])


def _organisation_values(given: Organisation) -> tuple[object, ...]:
    """In the order of the columns, without the id."""
    return (
        given.name,
        given.terms,
        given.tier,
        micros(given.created),
        given.zdr,
        given.dpp,
        given.product_feedback,
        json.dumps(dict(given.keep), sort_keys=True),
        given.closed,
        given.recording,
        *caps_values(given.caps),
    )


def organisation_of(row: Sequence[Any]) -> Organisation:
    """The organisation in a row of all its columns."""
    id_, name, terms, tier, created, zdr, dpp, product_feedback, keep, closed, recording, *caps = row
    return Organisation(
        id_,
        name,
        terms,
        tier,
        instant(created),
        bool(zdr),
        bool(dpp),
        bool(product_feedback),
        tuple(json.loads(keep).items()),
        bool(closed),
        recording,
        Caps(*caps),
    )


def caps_values(caps: Caps) -> tuple[int | None, ...]:
    """The limits as the last columns of a row of organisations or keys have them."""
    return caps.requests_per_minute, caps.tokens_per_minute, caps.at_once


def _account_values(given: Account) -> tuple[object, ...]:
    """In the order of the columns, without the id."""
    created = micros(given.created)
    folded = given.email.casefold()
    return given.organisation, given.email, folded, given.tier, created, given.consent, given.closed


def account_of(row: Sequence[Any]) -> Account:
    """The account in a row of all its columns."""
    id_, organisation, email, _, tier, created, consent, closed = row
    return Account(id_, organisation, email, tier, instant(created), bool(consent), bool(closed))
