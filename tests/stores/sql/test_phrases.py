from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.stores.sql import phrases
from carnet.stores.sql.phrases import forget_unused, phrase_ids, storable
from carnet.stores.sql.tables import capture, phrase

if TYPE_CHECKING:
    import pytest


def test_a_string_is_kept_once(connection: sa.Connection) -> None:
    first = phrase_ids(connection, ["a", "b", "", "a"])
    again = phrase_ids(connection, ["b", "c"])
    assert first[""] is None
    assert again["b"] == first["b"]
    assert connection.scalar(sa.select(sa.func.count()).select_from(phrase)) == 3


def test_strings_with_one_mark_are_told_apart(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "crc32", lambda _: 7)
    found = phrase_ids(connection, ["a", "b"])
    assert found["a"] != found["b"]
    assert phrase_ids(connection, ["b"]) == {"": None, "b": found["b"]}


def test_many_strings_at_once(connection: sa.Connection) -> None:
    words = [f"reason {n}" for n in range(1000)]
    assert len(set(phrase_ids(connection, words).values())) == 1001


def test_strings_no_database_takes_are_made_storable(connection: sa.Connection) -> None:
    assert storable("a\udcffb\0c") == "a?b\ufffdc"
    found = phrase_ids(connection, ["a\udcffb\0c"])
    assert connection.scalar(sa.select(phrase.c.words)) == "a?b\ufffdc"
    assert found["a\udcffb\0c"] is not None


def test_strings_nothing_refers_to_are_forgotten(connection: sa.Connection) -> None:
    found = phrase_ids(connection, ["kept", "lost"])
    row = {"document": 1, "at": 0, "shift": 0, "seen": 0, "outcome": 3, "why": found["kept"]}
    connection.execute(sa.insert(capture), row)
    forget_unused(connection)
    assert connection.scalars(sa.select(phrase.c.words)).all() == ["kept"]
