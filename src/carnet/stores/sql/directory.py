"""Organisations and accounts in SQL."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Account, Act, Caps, Organisation
from carnet.stores.sql.catalogue_tables import account, act, api_key, opening, org_key, organisation, upstream
from carnet.stores.sql.generations import grow
from carnet.stores.sql.inserting import insert_row
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.stores.sql.database import Database


class SqlDirectory:
    """See Directory, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_organisation(self, organisation_: Organisation) -> Organisation:
        values = _organisation_values(organisation_)
        with self._database.writing() as connection:
            if connection.scalar(sa.select(organisation.c.id).where(organisation.c.name == organisation_.name)):
                raise AlreadyThereError(f"there is already an organisation {organisation_.name!r}")
            connection.execute(sa.insert(organisation), values)
            grow(connection)
            query = sa.select(organisation).where(organisation.c.name == organisation_.name)
            return organisation_of(connection.execute(query).one())

    def change_organisation(self, organisation_: Organisation, acts: Sequence[Act]) -> None:
        with self._database.writing() as connection:
            which = organisation.c.id == organisation_.id
            changing = sa.update(organisation).where(which).values(**_organisation_values(organisation_))
            if not connection.execute(changing).rowcount:
                raise NotFoundError(f"there is no organisation {organisation_.name!r} any more")
            _record(connection, acts)
            grow(connection)

    def organisations(self) -> list[Organisation]:
        with self._database.reading() as connection:
            query = sa.select(organisation).order_by(organisation.c.name)
            return [organisation_of(row) for row in connection.execute(query)]

    def add_account(self, account_: Account, acts: Sequence[Act]) -> Account:
        with self._database.writing() as connection:
            if connection.scalar(sa.select(account.c.id).where(account.c.folded == account_.email.casefold())):
                raise AlreadyThereError(f"there is already an account {account_.email!r}")
            if not connection.scalar(sa.select(organisation.c.id).where(organisation.c.id == account_.organisation)):
                raise NotFoundError(f"there is no organisation any more for the account {account_.email!r}")
            number = insert_row(connection, account, _account_values(account_))
            _record(connection, [Act(one.organisation, number, one.at, one.what, one.value) for one in acts])
            grow(connection)
            return account_of(connection.execute(sa.select(account).where(account.c.id == number)).one())

    def change_account(self, account_: Account, acts: Sequence[Act]) -> None:
        with self._database.writing() as connection:
            changing = sa.update(account).where(account.c.id == account_.id).values(**_account_values(account_))
            if not connection.execute(changing).rowcount:
                raise NotFoundError(f"there is no account {account_.email!r} any more")
            _record(connection, acts)
            grow(connection)

    def accounts(self, organisation: int | None = None) -> list[Account]:
        query = sa.select(account).order_by(account.c.folded)
        if organisation is not None:
            query = query.where(account.c.organisation == organisation)
        with self._database.reading() as connection:
            return [account_of(row) for row in connection.execute(query)]

    def account(self, email: str) -> Account | None:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(account).where(account.c.folded == email.casefold())).first()
            return account_of(row) if row else None

    def remove_account(self, account_: int) -> None:
        with self._database.writing() as connection:
            for column in (api_key.c.account, act.c.account, opening.c.account, account.c.id):
                connection.execute(sa.delete(column.table).where(column == account_))
            grow(connection)

    def remove_organisation(self, organisation_: int) -> None:
        with self._database.writing() as connection:
            theirs = sa.select(account.c.id).where(account.c.organisation == organisation_)
            connection.execute(sa.delete(api_key).where(api_key.c.account.in_(theirs)))
            for table in (act, opening, org_key, upstream, account):
                connection.execute(sa.delete(table).where(table.c.organisation == organisation_))
            connection.execute(sa.delete(organisation).where(organisation.c.id == organisation_))
            grow(connection)

    def acts(self, organisation: int, account: int | None = None) -> list[Act]:
        query = sa.select(act).where(act.c.organisation == organisation).order_by(act.c.at, act.c.id)
        if account is not None:
            query = query.where(act.c.account == account)
        with self._database.reading() as connection:
            return [
                Act(row.organisation, row.account, instant(row.at), row.what, row.value)
                for row in connection.execute(query)
            ]


def _record(connection: sa.Connection, acts: Sequence[Act]) -> None:
    if acts:
        rows = [
            {"organisation": a.organisation, "account": a.account, "at": micros(a.at), "what": a.what, "value": a.value}
            for a in acts
        ]
        connection.execute(sa.insert(act), rows)


def _organisation_values(given: Organisation) -> dict[str, object]:
    return {
        "name": given.name,
        "terms": given.terms,
        "tier": given.tier,
        "created": micros(given.created),
        "zdr": given.zdr,
        "dpp": given.dpp,
        "product_feedback": given.product_feedback,
        "keep": json.dumps(dict(given.keep), sort_keys=True),
        "closed": given.closed,
        "recording": given.recording,
        **asdict(given.caps),
    }


def organisation_of(row: Any) -> Organisation:
    return Organisation(
        row.id,
        row.name,
        row.terms,
        row.tier,
        instant(row.created),
        row.zdr,
        row.dpp,
        row.product_feedback,
        tuple(json.loads(row.keep).items()),
        row.closed,
        row.recording,
        caps_of(row),
    )


def caps_of(row: Any) -> Caps:
    """The limits in a row of organisations or keys."""
    return Caps(row.requests_per_minute, row.tokens_per_minute, row.at_once)


def _account_values(given: Account) -> dict[str, object]:
    return {
        "organisation": given.organisation,
        "email": given.email,
        "folded": given.email.casefold(),
        "tier": given.tier,
        "created": micros(given.created),
        "consent": given.consent,
        "closed": given.closed,
    }


def account_of(row: Any) -> Account:
    return Account(row.id, row.organisation, row.email, row.tier, instant(row.created), row.consent, row.closed)
