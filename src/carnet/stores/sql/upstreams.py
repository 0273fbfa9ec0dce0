"""Upstreams in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.upstream import Upstream
from carnet.stores.sql.catalogue_tables import organisation, upstream
from carnet.stores.sql.generations import grow
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from carnet.stores.sql.database import Database


class SqlUpstreams:
    """See Upstreams, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, upstream_: Upstream) -> None:
        with self._database.writing() as connection:
            if connection.scalar(sa.select(upstream.c.name).where(upstream.c.name == upstream_.name)):
                raise AlreadyThereError(f"there is already an upstream {upstream_.name!r}")
            owner = upstream_.organisation
            if owner and not connection.scalar(sa.select(organisation.c.id).where(organisation.c.id == owner)):
                raise NotFoundError(f"the organisation of the upstream {upstream_.name!r} is not there any more")
            connection.execute(sa.insert(upstream), _values(upstream_))
            grow(connection)

    def change(self, upstream_: Upstream) -> None:
        with self._database.writing() as connection:
            which = upstream.c.name == upstream_.name
            if not connection.execute(sa.update(upstream).where(which).values(**_values(upstream_))).rowcount:
                raise NotFoundError(_missing(upstream_.name))
            grow(connection)

    def remove(self, name: str) -> None:
        with self._database.writing() as connection:
            if not connection.execute(sa.delete(upstream).where(upstream.c.name == name)).rowcount:
                raise NotFoundError(_missing(name))
            grow(connection)

    def listed(self) -> list[Upstream]:
        query = sa.select(upstream).order_by(upstream.c.priority, upstream.c.name)
        with self._database.reading() as connection:
            return [_upstream(row) for row in connection.execute(query)]


def _missing(name: str) -> str:
    return f"there is no upstream {name!r}; carnet upstream list shows all"


def _values(given: Upstream) -> dict[str, object]:
    return {
        "name": given.name,
        "format": given.format,
        "url": given.url,
        "provider": given.provider,
        "created": micros(given.created),
        "key_env": given.key_env,
        "headers": json.dumps(given.headers),
        "priority": given.priority,
        "organisation": given.organisation or None,
        "enabled": given.enabled,
    }


def _upstream(row: Any) -> Upstream:
    return Upstream(
        name=row.name,
        format=row.format,
        url=row.url,
        provider=row.provider,
        created=instant(row.created),
        key_env=row.key_env,
        headers=tuple((name, variable) for name, variable in json.loads(row.headers)),
        priority=row.priority,
        organisation=row.organisation or 0,
        enabled=row.enabled,
    )
