"""Upstreams in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.upstream import Upstream
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.generations import grow
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.stores.sql.database import Database

_ALL, _THERE = Statement("catalogue.upstreams"), Statement("catalogue.upstream_there")
_OWNER_THERE = Statement("catalogue.organisation_there")
_ADD, _CHANGE = Statement("catalogue.add_upstream"), Statement("catalogue.change_upstream")
_REMOVE = Statement("catalogue.remove_upstream")


class SqlUpstreams:
    """See Upstreams, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, upstream: Upstream) -> None:
        with self._database.putting() as direct:
            if _THERE.first(direct, upstream.name):
                raise AlreadyThereError(f"there is already an upstream {upstream.name!r}")
            if upstream.organisation and not _OWNER_THERE.first(direct, upstream.organisation):
                raise NotFoundError(f"the organisation of the upstream {upstream.name!r} is not there any more")
            _ADD.run(direct, *_values(upstream))
            grow(direct)

    def change(self, upstream: Upstream) -> None:
        with self._database.putting() as direct:
            if not _CHANGE.run(direct, *_values(upstream), upstream.name).rowcount:
                raise NotFoundError(_missing(upstream.name))
            grow(direct)

    def remove(self, name: str) -> None:
        with self._database.putting() as direct:
            if not _REMOVE.run(direct, name).rowcount:
                raise NotFoundError(_missing(name))
            grow(direct)

    def listed(self) -> list[Upstream]:
        with self._database.glancing() as direct:
            return [_upstream(row) for row in _ALL.run(direct).fetchall()]


def _missing(name: str) -> str:
    return f"there is no upstream {name!r}; carnet upstream list shows all"


def _values(given: Upstream) -> tuple[object, ...]:
    """In the order of the columns."""
    return (
        given.name,
        given.format,
        given.url,
        given.provider,
        micros(given.created),
        given.key_env,
        json.dumps(given.headers),
        given.priority,
        given.organisation or None,
        given.enabled,
    )


def _upstream(row: Sequence[Any]) -> Upstream:
    name, format_, url, provider, created, key_env, headers, priority, organisation, enabled = row
    return Upstream(
        name=name,
        format=format_,
        url=url,
        provider=provider,
        created=instant(created),
        key_env=key_env,
        headers=tuple((name, variable) for name, variable in json.loads(headers)),
        priority=priority,
        organisation=organisation or 0,
        enabled=bool(enabled),
    )
