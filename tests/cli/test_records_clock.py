"""`carnet records clock`: a clock that had been far ahead blocks nothing for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from .shelf import line

if TYPE_CHECKING:
    from .shelf import Shelf

AHEAD = datetime(2150, 1, 1, tzinfo=UTC)


def test_a_clock_that_was_ahead_is_taken_back_with_a_reason(shelf: Shelf) -> None:
    shelf.at(AHEAD)
    shelf.kept(line())
    shelf.at(datetime.now(UTC))
    blocked = shelf.put(line())
    assert blocked.status == 3
    assert "carnet records clock --reset --reason TEXT" in blocked.err
    assert "The latest instant that has been: 2150-01-01 00:00:00 UTC" in shelf.carnet("records", "clock").out
    ended = shelf.carnet("records", "clock", "--reset", "--reason", "the battery was empty")
    assert ended.status == 0
    assert ended.out.startswith("2150-01-01 00:00:00 UTC is taken back; from now on it is ")
    assert "  1 record of later dates" in ended.out
    assert shelf.put(line()).status == 0
    assert shelf.carnet("records", "clock", "--reset", "--reason", "again").status == 2
    assert shelf.json("records", "verify") == {"faults": []}


@pytest.mark.parametrize("args", [("--reset",), ("--reason", "x"), ("--reset", "--reason", " ")])
def test_a_reset_has_a_reason_and_a_reason_is_for_a_reset(shelf: Shelf, args: tuple[str, ...]) -> None:
    assert shelf.carnet("records", "clock", *args).status == 2


def test_nothing_is_put_right_where_nothing_was_wrong(shelf: Shelf) -> None:
    shelf.at(datetime.now(UTC) + timedelta(minutes=1))
    shelf.kept(line())
    assert shelf.carnet("records", "clock").out.count("UTC") == 2
    assert shelf.carnet("records", "clock", "--reset", "--reason", "x").status == 2
