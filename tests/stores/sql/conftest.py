from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import CATALOGUE, PARTITION, ready, ready_file
from carnet.stores.sql.rows import document_row
from carnet.stores.sql.tables import document
from tests import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sa.Connection]:
    """A writing transaction on an empty store that has one document, number 1."""
    with closing(SqliteDatabase(ready_file(data))) as database, database.writing() as opened:
        opened.execute(sa.insert(document), document_row(make.document()))
        yield opened


@pytest.fixture
def catalogue_database(data: Path) -> Iterator[SqliteDatabase]:
    """The database of an empty catalogue."""
    with closing(SqliteDatabase(ready(data / "catalogue.db", CATALOGUE))) as database:
        yield database


@pytest.fixture
def partition_database(data: Path) -> Iterator[SqliteDatabase]:
    """The database of an empty partition."""
    with closing(SqliteDatabase(ready(data / "part-x.db", PARTITION))) as database:
        yield database
