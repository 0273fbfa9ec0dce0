"""A file of an older schema gets the tables it lacks, and loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from carnet.errors import StoreError
from carnet.model.account import Organisation
from carnet.stores.embedded import file as files
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.sql.catalogue_tables import metadata
from carnet.stores.sql.compiling import defined
from carnet.stores.sql.texts import texts

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def older(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue as the first schema had it, with an organisation in it."""
    first = sa.MetaData()
    for table in metadata.sorted_tables:
        if table.name not in {"api_key", "upstream", "sink", "forwarded", "notice"}:
            table.to_metadata(first)
    with monkeypatch.context() as patch:
        kept = texts("sqlite")
        tables = tuple(words for table in first.sorted_tables for words in defined(table, SQLiteDialect()))
        patch.setattr(files, "texts", lambda _: replace(kept, tables={**kept.tables, "catalogue": tables}))
        patch.setattr("carnet.stores.embedded.records.CATALOGUE", replace(files.CATALOGUE, schema=1))
        with closing(EmbeddedRecords(data)) as store:
            store.directory.add_organisation(Organisation(0, "acme", "commercial", "team", NOW))
    with closing(sqlite3.connect(data / "records" / "catalogue.db")) as connection:
        for column in ("recording", "requests_per_minute", "tokens_per_minute", "at_once"):
            connection.execute(f"ALTER TABLE organisation DROP COLUMN {column}")
    return data


def test_what_was_there_stays_and_what_is_new_works(older: Path) -> None:
    with closing(EmbeddedRecords(older)) as store:
        assert [(one.name, one.recording) for one in store.directory.organisations()] == [("acme", "required")]
        assert store.api_keys.listed() == []
        assert store.upstreams.listed() == []
        assert store.sinks.listed() == []
    assert _schema(older) == 5
    with closing(EmbeddedRecords(older)) as store:
        assert store.api_keys.listed() == []


def test_an_upgraded_file_has_what_a_new_one_has(older: Path, tmp_path: Path) -> None:
    for folder in (older, tmp_path / "new"):
        EmbeddedRecords(folder).close()
    assert _tables(older) == _tables(tmp_path / "new")


def test_many_may_open_it_at_once(older: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: EmbeddedRecords(older).close(), range(8)))
    assert _schema(older) == 5


def test_a_schema_that_never_was_is_damage(older: Path) -> None:
    with closing(sqlite3.connect(older / "records" / "catalogue.db")) as connection:
        connection.execute("PRAGMA user_version = 0")
    shutil.rmtree(older / "keys", ignore_errors=True)
    with pytest.raises(StoreError, match="never was a schema 0"):
        EmbeddedRecords(older)


def test_records_from_before_the_first_release_are_refused_by_name(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("carnet.stores.embedded.records.PARTITION", replace(files.PARTITION, schema=1, oldest=1))
        with closing(EmbeddedRecords(data)) as store:
            store.partition("days30-2026-05-01")
    with (
        closing(EmbeddedRecords(data)) as store,
        pytest.raises(
            StoreError, match=r"part-days30-2026-05-01\.db has the schema 1, .*export from it with that Carnet"
        ),
    ):
        store.partition("days30-2026-05-01")


def _schema(data: Path) -> int:
    with closing(sqlite3.connect(data / "records" / "catalogue.db")) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _tables(data: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(data / "records" / "catalogue.db")) as connection:
        rows = sorted(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    return [(name, sql if "api_key" in name or "upstream" in name else "") for name, sql in rows]
