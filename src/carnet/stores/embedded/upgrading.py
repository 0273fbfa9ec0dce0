"""A store's file of an older schema brought up to this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateColumn

from carnet.stores.embedded.faults import store_error
from carnet.stores.sql.compiling import defined
from carnet.stores.sql.kept import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from carnet.stores.embedded.file import Layout


def add_tables(file: Path, layout: Layout) -> None:
    """Add what a file lacks, whole or not at all; another process may have done it."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": 60})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            names = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars()
            there = set(names)
            for table in TABLES[layout.kind].sorted_tables:
                if table.name not in there:
                    for words in defined(table, connection.dialect):
                        connection.exec_driver_sql(words)
                else:
                    _add_columns(connection, table)
            connection.exec_driver_sql(f"PRAGMA user_version = {layout.schema}")
            connection.commit()
    except DBAPIError as error:
        raise store_error(file, error.orig or error) from error
    finally:
        engine.dispose()


def _add_columns(connection: Connection, table: Table) -> None:
    """Add the columns a table lacks; what stands in it already gets their default."""
    rows = connection.exec_driver_sql(f"PRAGMA table_info({table.name})")
    there = {row[1] for row in rows}
    for column in table.columns:
        if column.name not in there:
            written = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {written}")
