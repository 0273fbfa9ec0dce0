"""A number that grows with every change that decides about records: whoever decided before must decide again."""

from __future__ import annotations

import sqlalchemy as sa

from carnet.stores.sql.catalogue_tables import fact

GENERATION = "generation"
"""Of the fact."""


def generation(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.select(fact.c.value).where(fact.c.key == GENERATION)) or 0)


def grow(connection: sa.Connection) -> None:
    number = generation(connection) + 1
    if connection.execute(sa.update(fact).where(fact.c.key == GENERATION).values(value=str(number))).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": GENERATION, "value": str(number)})
