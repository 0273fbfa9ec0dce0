from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.model.record import Scope
from carnet.records import holding
from carnet.web.amounts import amounts, chunks_of, next_ends, total
from tests.records.kept import ANN, NOW, PAT

if TYPE_CHECKING:
    from tests.records.kept import Shelf


def test_sums_say_what_the_records_say(shelf: Shelf) -> None:
    for number in range(5):
        shelf.kept("x" * (number + 1), PAT, f"s{number % 2}")
    shelf.later(days=1).kept("y" * 100, ANN, "s9")
    found = amounts(chunks_of(shelf.store, Scope()), lambda one: one.lane.retention)

    assert {name: (one.records, one.bytes, one.training) for name, one in found.items()} == {
        "years5": (5, 15, 5),
        "days30": (1, 100, 0),
    }
    both = total(found.values())
    assert both is not None
    assert (both.records, both.bytes, both.newest) == (6, 115, NOW + timedelta(days=1))
    assert (both.first, both.last) == (NOW + timedelta(days=31), datetime(2031, 4, 1, 9, 30, tzinfo=UTC))
    assert total([]) is None


def test_the_next_end_of_a_class_is_that_of_its_oldest_record(shelf: Shelf) -> None:
    assert next_ends(shelf.store) == {}
    shelf.kept("a")
    shelf.later(hours=3).kept("b")
    shelf.later(days=12).kept("c", PAT)
    shelf.later(days=3).kept("d", PAT)
    assert next_ends(shelf.store) == {
        "days30": NOW + timedelta(days=30),
        "years5": datetime(2031, 4, 13, 12, 30, tzinfo=UTC),
    }


def test_what_is_held_has_no_next_end(shelf: Shelf) -> None:
    shelf.kept("a")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    assert next_ends(shelf.store) == {}
