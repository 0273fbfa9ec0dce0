"""Rows of the catalogue that lead nowhere are told; those of a whole one are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.model.account import Account, Act, Organisation
from carnet.model.record import Hold, Scope, Session, Work
from carnet.stores.sql.catalogue import SqlCatalogue
from carnet.stores.sql.catalogue_check import faults
from carnet.stores.sql.directory import SqlDirectory
from tests.records.kept import NOW

if TYPE_CHECKING:
    from carnet.stores.embedded.database import SqliteDatabase


def fill(database: SqliteDatabase) -> None:
    catalogue, directory = SqlCatalogue(database, lambda: None), SqlDirectory(database)
    owner = directory.add_organisation(Organisation(0, "acme", "commercial", "enterprise", NOW))
    act = Act(owner.id, 0, NOW, "model-improvement", "on")
    person = directory.add_account(Account(0, owner.id, "ann@acme.test", "", NOW), [act])
    catalogue.add_org_key(owner.id, 1, 1)
    catalogue.add_hold(Hold(0, Session(owner.id, person.id, "s1"), "court", NOW))
    catalogue.add_work(Work(0, "erase", Scope(owner.id), NOW, {}))
    for subject in ((0, 0), (owner.id, 0), (owner.id, person.id)):
        catalogue.add_entry(b"{}", {"event": "x"}, subject)


def found(database: SqliteDatabase) -> list[str]:
    with database.reading() as connection:
        return faults(connection)


def test_a_whole_one_has_no_fault(catalogue_database: SqliteDatabase) -> None:
    assert found(catalogue_database) == []
    fill(catalogue_database)
    assert found(catalogue_database) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM account", "rows of `hold` name an `account` that is not there"),
        ("DELETE FROM organisation", "rows of `org_key` name an `organisation` that is not there"),
        ("DELETE FROM entry WHERE seq = 2", "rows of `opening` name an `entry` that is not there"),
        ("DELETE FROM entry WHERE seq = 1", "of 3 entries of the log 2 are there"),
        ("UPDATE work SET done = 'x'", "a row of `work` has a `done` that says nothing"),
        ("UPDATE opening SET words = ''", "a row of `opening` has a `words` that says nothing"),
    ],
)
def test_what_leads_nowhere_is_told(catalogue_database: SqliteDatabase, statement: str, told: str) -> None:
    fill(catalogue_database)
    engine = sa.create_engine(f"sqlite:///{catalogue_database._file}")
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
    assert any(told in fault for fault in found(catalogue_database))
