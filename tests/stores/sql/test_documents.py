"""How the embedded tables answer; what the answers mean is in test_contract.py."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.model.document import Outcome
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.file import ready_file
from carnet.stores.sql.documents import SqlDocuments
from tests import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def database(data: Path) -> Iterator[SqliteDatabase]:
    with closing(SqliteDatabase(ready_file(data))) as opened:
        yield opened


def plans(database: SqliteDatabase, call: Callable[[SqlDocuments], object]) -> str:
    """The query plans of a call, in SQLite's words."""
    asked: list[tuple[str, object]] = []

    def keep(_c: object, _u: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        asked.append((statement, parameters))

    engine = database._alchemy()._reader
    sa.event.listen(engine, "before_cursor_execute", keep)
    call(SqlDocuments(database))
    sa.event.remove(engine, "before_cursor_execute", keep)
    with database.reading() as connection:
        return "\n".join(
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())  # type: ignore[arg-type]
            for statement, parameters in asked
            if statement.startswith("SELECT")
        )


@pytest.mark.parametrize(
    ("index", "call"),
    [
        ("capture_version", lambda documents: documents.versions(1)),
        ("capture_version", lambda documents: documents.version_at(1, make.at())),
        ("capture_version", lambda documents: documents.changes("agent")),
        ("capture_version", lambda documents: documents.last_capture(1, [Outcome.NEW])),
        ("capture_rare", lambda documents: documents.last_capture(1, [Outcome.HELD])),
        ("capture_time", lambda documents: documents.captures(1, since=make.at(), limit=3)),
        ("capture_time", lambda documents: documents.marks(3)),
    ],
)
def test_a_question_is_answered_from_its_index(
    database: SqliteDatabase, index: str, call: Callable[[SqlDocuments], object]
) -> None:
    SqlDocuments(database).add_document(make.document())
    plan = plans(database, call)
    assert index in plan
    assert "SCAN capture" not in plan


def test_names_from_undecodable_file_names_are_kept_storable(database: SqliteDatabase) -> None:
    documents = SqlDocuments(database)
    first = documents.add_document(make.document("caf\udce9"))
    assert first.name == "caf?"
    assert documents.add_document(make.document("caf\udce9")) == first
