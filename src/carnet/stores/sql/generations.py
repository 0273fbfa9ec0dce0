"""A number that grows with every change that decides about records: whoever decided before must decide again."""

from __future__ import annotations

import sqlalchemy as sa

from carnet.stores.sql.catalogue_tables import fact
from carnet.stores.sql.prepared import Prepared

GENERATION = "generation"
"""Of the fact."""


_NUMBER = Prepared(sa.select(fact.c.value).where(fact.c.key == sa.bindparam("which")))


def generation(connection: sa.Connection) -> int:
    return int(_NUMBER.run(connection, which=GENERATION).scalar() or 0)


def grow(connection: sa.Connection) -> None:
    number = generation(connection) + 1
    if connection.execute(sa.update(fact).where(fact.c.key == GENERATION).values(value=str(number))).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": GENERATION, "value": str(number)})
