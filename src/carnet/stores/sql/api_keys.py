"""Clients' keys in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import ApiKey, Caller, Caps
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.directory import account_of, caps_values, organisation_of
from carnet.stores.sql.generations import grow
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from carnet.model.account import Account, Organisation
    from carnet.stores.sql.database import Database
    from carnet.stores.sql.direct import Direct

_KEY, _ACCOUNT_THERE = Statement("catalogue.key"), Statement("catalogue.account_there")
_CALLER, _CALLERS = Statement("catalogue.caller"), Statement("catalogue.callers")
_CALLERS_OF = Statement("catalogue.callers_of")
_ADD, _REVOKE, _USE = (Statement(f"catalogue.{name}_key") for name in ("add", "revoke", "use"))
_LIMIT = {one.name: Statement(f"catalogue.limit_{one.name}") for one in fields(Caps)}
_ACCOUNT, _ORGANISATION = 12, 20
"""Where they begin in a row that has a key first."""


class SqlKeys:
    """See Keys, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        with self._database.putting() as direct:
            if _KEY.first(direct, key.id):
                raise AlreadyThereError(f"there is already a key {key.id}")
            if not _ACCOUNT_THERE.first(direct, key.account):
                raise NotFoundError(f"the account of the key {key.id} is not there any more")
            _ADD.run(direct, *_values(key))
            grow(direct)

    def find(self, ids: Sequence[str]) -> dict[str, Caller]:
        with self._database.looking() as direct:
            rows = [row for id_ in ids if (row := _CALLER.first(direct, id_))]
        return {one.key.id: one for one in _callers(rows)}

    def listed(self, account: int | None = None) -> list[Caller]:
        with self._database.glancing() as direct:
            found = _CALLERS.run(direct) if account is None else _CALLERS_OF.run(direct, account)
            return _callers(found.fetchall())

    def revoke(self, id_: str, at: datetime) -> ApiKey:
        with self._database.putting() as direct:
            if _REVOKE.run(direct, micros(at), id_).rowcount:
                grow(direct)
            return _one(direct, id_)

    def limit(self, id_: str, caps: Mapping[str, int | None]) -> ApiKey:
        with self._database.putting() as direct:
            for name, most in caps.items():
                _LIMIT[name].run(direct, most, id_)
            if caps:
                grow(direct)
            return _one(direct, id_)

    def mark_used(self, days: Mapping[str, date]) -> None:
        with self._database.putting() as direct:
            _USE.run_all(direct, [(day.isoformat(), id_, day.isoformat()) for id_, day in days.items()])


def _one(direct: Direct, id_: str) -> ApiKey:
    row = _KEY.first(direct, id_)
    if row is None:
        raise NotFoundError(f"there is no key {id_}; carnet key list shows all")
    return _key(row)


def _callers(rows: Iterable[Sequence[Any]]) -> list[Caller]:
    """Keys of one account, or of one organisation, have it in common."""
    accounts: dict[int, Account] = {}
    organisations: dict[int, Organisation] = {}
    found: list[Caller] = []
    for row in rows:
        whose, of = row[_ACCOUNT], row[_ORGANISATION]
        if whose not in accounts:
            accounts[whose] = account_of(row[_ACCOUNT:_ORGANISATION])
        if of not in organisations:
            organisations[of] = organisation_of(row[_ORGANISATION:])
        found.append(Caller(_key(row[:_ACCOUNT]), accounts[whose], organisations[of]))
    return found


def _values(key: ApiKey) -> tuple[object, ...]:
    """In the order of the columns."""
    return (
        key.id,
        key.digest,
        key.account,
        " ".join(key.scopes),
        key.name,
        micros(key.created),
        micros(key.expires) if key.expires else None,
        micros(key.revoked) if key.revoked else None,
        key.used.isoformat() if key.used else None,
        *caps_values(key.caps),
    )


def _key(row: Sequence[Any]) -> ApiKey:
    id_, digest, account, scopes, name, created, expires, revoked, used, *caps = row
    return ApiKey(
        id=id_,
        digest=bytes(digest),
        account=account,
        scopes=tuple(scopes.split()),
        created=instant(created),
        name=name,
        expires=instant(expires) if expires is not None else None,
        revoked=instant(revoked) if revoked is not None else None,
        used=date.fromisoformat(used) if used else None,
        caps=Caps(*caps),
    )
