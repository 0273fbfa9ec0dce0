from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.gateway.board import MAGIC, PLACES, Board, State

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_else_may_read_it_and_it_takes_no_room_before_it_is_used(tmp_path: Path) -> None:
    Board.make(tmp_path / "run" / "board")
    found = (tmp_path / "run" / "board").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_blocks * 512 < 1 << 20
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["board"]


def test_where_it_cannot_be_made_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(StoreError, match="run/board: cannot be written"):
        Board.make(tmp_path / "run" / "board")


def test_a_board_of_another_layout_is_none(tmp_path: Path) -> None:
    made = Board.make(tmp_path / "board")
    assert Board.of(made.descriptor) is not None
    os.pwrite(made.descriptor, b"carnet-board 0", 0)
    assert Board.of(made.descriptor) is None
    small = os.open(tmp_path / "small", os.O_RDWR | os.O_CREAT)
    os.write(small, MAGIC)
    assert Board.of(small) is None
    os.close(small)
    assert Board.of(small) is None


def test_a_place_is_given_once_until_it_is_taken_back() -> None:
    board = Board.private()
    places = [board.take() for _ in range(PLACES)]
    assert places == list(range(PLACES))
    assert board.take() is None
    board.free(7)
    assert board.take() == 7


def test_others_see_who_is_at_a_place_and_how_it_is(tmp_path: Path) -> None:
    board = Board.make(tmp_path / "board")
    place = board.take()
    assert place == 0
    board.enter(place)
    board.tell(place, State.READY)
    other = Board.of(board.descriptor)
    assert other is not None
    assert (other.state(0), other.place_of(os.getpid())) == (State.READY, 0)
    assert other.take() == 1
    board.free(0)
    assert (other.state(0), other.place_of(os.getpid())) == (State.FREE, None)


def test_numbers_of_all_places_are_one_answer_and_never_go_back() -> None:
    board = Board.private()
    for place in (0, 1):
        cells = board.enter(place)
        cells.numbers[cells.index("sum", "count")] += 10 + place
        cells.numbers[cells.index("now", "clients")] += 2
        cells.numbers[cells.index("max", "spool")] = 100 + place
    assert board.numbers() == {("sum", "count"): 21.0, ("now", "clients"): 4.0, ("max", "spool"): 101.0}
    board.free(1)
    assert board.numbers() == {("sum", "count"): 21.0, ("now", "clients"): 2.0, ("max", "spool"): 100.0}
    cells = board.enter(1)
    cells.numbers[cells.index("sum", "count")] += 1
    assert board.numbers()["sum", "count"] == 22.0
