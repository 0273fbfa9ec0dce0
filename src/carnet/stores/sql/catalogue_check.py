"""Whether the rows of the catalogue lead somewhere, and say something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql.catalogue_tables import (
    account,
    act,
    api_key,
    entry,
    hold,
    opening,
    org_key,
    organisation,
    upstream,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFERENCES = (
    (account.c.organisation, organisation.c.id),
    (act.c.organisation, organisation.c.id),
    (act.c.account, account.c.id),
    (org_key.c.organisation, organisation.c.id),
    (api_key.c.account, account.c.id),
    (upstream.c.organisation, organisation.c.id),
    (hold.c.organisation, organisation.c.id),
    (hold.c.account, account.c.id),
    (opening.c.organisation, organisation.c.id),
    (opening.c.account, account.c.id),
    (opening.c.seq, entry.c.seq),
)
_WORDS = (organisation.c.keep, work.c.scope, work.c.done, opening.c.words, entry.c.entry)
"""Columns that hold JSON."""


def faults(connection: sa.Connection) -> list[str]:
    """What does not agree, in words."""
    return [*_astray(connection), *_unreadable(connection), *_lost(connection)]


def _astray(connection: sa.Connection) -> Iterator[str]:
    for column, wanted in _REFERENCES:
        nobody = sa.false() if wanted.table is entry else column == 0
        which = sa.and_(column.is_not(None), ~nobody, ~sa.exists().where(wanted == column))
        number = connection.scalar(sa.select(sa.func.count()).select_from(column.table).where(which))
        if number:
            yield f"{number} rows of `{column.table.name}` name an `{wanted.table.name}` that is not there"


def _unreadable(connection: sa.Connection) -> Iterator[str]:
    for column in _WORDS:
        for value in connection.execute(sa.select(column)).scalars():
            try:
                json.loads(value)
            except (ValueError, TypeError):
                yield f"a row of `{column.table.name}` has a `{column.name}` that says nothing"


def _lost(connection: sa.Connection) -> Iterator[str]:
    first, last, number = connection.execute(
        sa.select(sa.func.min(entry.c.seq), sa.func.max(entry.c.seq), sa.func.count()).select_from(entry)
    ).one()
    if number and (first, last) != (0, number - 1):
        yield f"of {last + 1} entries of the log {number} are there"
