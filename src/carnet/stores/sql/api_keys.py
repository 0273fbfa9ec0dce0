"""Clients' keys in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import ApiKey, Caller
from carnet.stores.sql.catalogue_tables import account, api_key, organisation
from carnet.stores.sql.directory import account_of, caps_of, organisation_of
from carnet.stores.sql.generations import grow
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from carnet.model.account import Account
    from carnet.stores.sql.database import Database

_AT_ONCE = 500
"""So many ids stand in one statement."""


class SqlKeys:
    """See Keys, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        with self._database.writing() as connection:
            if connection.scalar(sa.select(api_key.c.id).where(api_key.c.id == key.id)):
                raise AlreadyThereError(f"there is already a key {key.id}")
            if not connection.scalar(sa.select(account.c.id).where(account.c.id == key.account)):
                raise NotFoundError(f"the account of the key {key.id} is not there any more")
            connection.execute(sa.insert(api_key), _values(key))
            grow(connection)

    def find(self, ids: Sequence[str]) -> dict[str, Caller]:
        with self._database.reading() as connection:
            rows: list[Any] = []
            for start in range(0, len(ids), _AT_ONCE):
                some = api_key.c.id.in_(ids[start : start + _AT_ONCE])
                rows += connection.execute(sa.select(api_key).where(some)).all()
            return {one.key.id: one for one in _callers(connection, [_key(row) for row in rows])}

    def listed(self, account: int | None = None) -> list[Caller]:
        query = sa.select(api_key).order_by(api_key.c.created, api_key.c.id)
        if account is not None:
            query = query.where(api_key.c.account == account)
        with self._database.reading() as connection:
            return _callers(connection, [_key(row) for row in connection.execute(query)])

    def revoke(self, id_: str, at: datetime) -> ApiKey:
        with self._database.writing() as connection:
            which = api_key.c.id == id_
            valid = sa.update(api_key).where(which, api_key.c.revoked.is_(None))
            if connection.execute(valid.values(revoked=micros(at))).rowcount:
                grow(connection)
            return _one(connection, id_)

    def limit(self, id_: str, caps: Mapping[str, int | None]) -> ApiKey:
        with self._database.writing() as connection:
            if caps:
                connection.execute(sa.update(api_key).where(api_key.c.id == id_).values(**caps))
                grow(connection)
            return _one(connection, id_)

    def mark_used(self, days: Mapping[str, date]) -> None:
        with self._database.writing() as connection:
            for id_, day in days.items():
                earlier = sa.or_(api_key.c.used.is_(None), api_key.c.used < day.isoformat())
                connection.execute(sa.update(api_key).where(api_key.c.id == id_, earlier).values(used=day.isoformat()))


def _one(connection: sa.Connection, id_: str) -> ApiKey:
    row = connection.execute(sa.select(api_key).where(api_key.c.id == id_)).first()
    if row is None:
        raise NotFoundError(f"there is no key {id_}; carnet key list shows all")
    return _key(row)


def _callers(connection: sa.Connection, keys: Sequence[ApiKey]) -> list[Caller]:
    organisations = {row.id: organisation_of(row) for row in connection.execute(sa.select(organisation))}
    wanted = sorted({key.account for key in keys})
    accounts: dict[int, Account] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = sa.select(account).where(account.c.id.in_(wanted[start : start + _AT_ONCE]))
        accounts |= {row.id: account_of(row) for row in connection.execute(some)}
    return [Caller(key, accounts[key.account], organisations[accounts[key.account].organisation]) for key in keys]


def _values(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "digest": key.digest,
        "account": key.account,
        "scopes": " ".join(key.scopes),
        "name": key.name,
        "created": micros(key.created),
        "expires": micros(key.expires) if key.expires else None,
        "revoked": micros(key.revoked) if key.revoked else None,
        "used": key.used.isoformat() if key.used else None,
        **asdict(key.caps),
    }


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row.id,
        digest=bytes(row.digest),
        account=row.account,
        scopes=tuple(row.scopes.split()),
        created=instant(row.created),
        name=row.name,
        expires=instant(row.expires) if row.expires is not None else None,
        revoked=instant(row.revoked) if row.revoked is not None else None,
        used=date.fromisoformat(row.used) if row.used else None,
        caps=caps_of(row),
    )
