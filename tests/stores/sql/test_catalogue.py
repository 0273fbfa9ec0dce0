"""What is particular to the catalogue in SQL; what every catalogue does is in test_records_contract.py."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.model.record import Hold, Partition, Scope, Work
from carnet.stores.sql.catalogue import SqlCatalogue
from tests import make
from tests.stores.rows import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from carnet.stores.embedded.database import SqliteDatabase
    from carnet.stores.sql.direct import Direct

ODD = [
    "'; DROP TABLE hold; --",
    'say "no"',
    "%",
    "_",
    "nul\0inside",
    "nul\0",
    "naïve ☕ 日本",
    "e\u0301",
    "é",
    "Σς",
    " ",
    "\n",
]
"""Names that look like SQL, that end early in C, or that are other names to whoever folds or normalises."""


class Interleaved:
    """A database where somebody else does something after every look at it."""

    def __init__(self, database: SqliteDatabase, meanwhile: Callable[[], None]) -> None:
        self._database = database
        self._meanwhile = meanwhile

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self._database.reading() as connection:
            yield connection
        self._meanwhile()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        with self._database.writing() as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Direct]:
        with self._database.looking() as direct:
            yield direct
        self._meanwhile()

    @contextmanager
    def glancing(self) -> Iterator[Direct]:
        with self._database.glancing() as direct:
            yield direct
        self._meanwhile()

    @contextmanager
    def putting(self) -> Iterator[Direct]:
        with self._database.putting() as direct:
            yield direct


@pytest.fixture
def catalogue(catalogue_database: SqliteDatabase) -> SqlCatalogue:
    return SqlCatalogue(catalogue_database, lambda: None)


def test_a_mark_that_comes_between_looking_and_writing_is_not_taken_back(
    catalogue_database: SqliteDatabase, catalogue: SqlCatalogue
) -> None:
    """The clock would go back, and what had expired would be served again."""
    catalogue.mark_clock(make.at(1))
    slow = SqlCatalogue(Interleaved(catalogue_database, lambda: catalogue.mark_clock(make.at(9))), lambda: None)
    slow.mark_clock(make.at(5))
    catalogue.mark_clock(make.at(9))
    assert catalogue.clock() == make.at(9)


def test_an_instant_without_a_zone_is_no_mark(catalogue: SqlCatalogue) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        catalogue.mark_clock(make.at().replace(tzinfo=None))
    assert catalogue.clock() is None


def test_sessions_with_odd_names_are_held_each_for_itself(catalogue: SqlCatalogue) -> None:
    for name in ODD:
        catalogue.add_hold(Hold(0, session(name), name, make.at()))
    assert [(name, name) for name in ODD] == [(one.session.name, one.reason) for one in catalogue.holds()]


@pytest.mark.parametrize("name", ODD)
def test_odd_words_come_back_as_they_were_given(catalogue: SqlCatalogue, name: str) -> None:
    work = catalogue.add_work(Work(0, "erase", Scope(session=name), make.at(), {"words": {"session": name}}))
    catalogue.set_fact(name, name)
    catalogue.add_partition(Partition(name, None))
    catalogue.add_entry(name.encode(), {"words": name}, (1, 1))
    assert catalogue.works() == [work]
    assert name == catalogue.fact(name)
    assert catalogue.partitions() == [Partition(name, None)]
    assert catalogue.openings(1) == [(0, {"words": name})]
    catalogue.remove_partition(name)
    assert catalogue.partitions() == []


def test_an_entry_whose_opening_cannot_be_written_is_not_there(catalogue: SqlCatalogue) -> None:
    with pytest.raises(TypeError):
        catalogue.add_entry(b"entry", {"words": object()}, (1, 1))
    assert (catalogue.size(), catalogue.openings(1)) == (0, [])
    assert catalogue.add_entry(b"entry", None, (1, 1)) == 0


def test_a_checkpoint_is_the_databases_business(catalogue_database: SqliteDatabase) -> None:
    asked: list[str] = []
    SqlCatalogue(catalogue_database, lambda: asked.append("checkpoint")).checkpoint()
    assert asked == ["checkpoint"]
