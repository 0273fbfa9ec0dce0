"""Limits are counted once for all processes of a relay, and a process that dies gives back what it had under way."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import pytest

from carnet.gateway import counting as module
from carnet.gateway.board import Board
from carnet.gateway.counting import CROWDED, Counting
from carnet.gateway.errors import Refused
from carnet.gateway.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.counting import Held


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.make(tmp_path / "run" / "board")


def enter(counting: Counting, limits: Limits | None, now: float = 0.0, whole: Limits | None = None) -> Held | Refused:
    return counting.enter(counting.subjects((("this key", "k", limits), ("this organisation", "o", whole))), now)


def held(counting: Counting, limits: Limits | None, now: float = 0.0, whole: Limits | None = None) -> Held:
    found = enter(counting, limits, now, whole)
    assert not isinstance(found, Refused)
    return found


def test_requests_of_all_processes_count_together(board: Board) -> None:
    one, two = Counting(board, 0), Counting(board, 1)
    one.leave(held(one, Limits(requests=2)), 0)
    two.leave(held(two, Limits(requests=2)), 0)
    refused = enter(one, Limits(requests=2))
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retry_after, refused.why) == (429, 30, "limit")
    assert not isinstance(enter(two, Limits(requests=2), 30.0), Refused)


def test_tokens_are_charged_when_they_are_known_and_then_waited_for(board: Board) -> None:
    one, two = Counting(board, 0), Counting(board, 1)
    one.leave(held(one, Limits(tokens=100)), 250)
    refused = enter(two, Limits(tokens=100))
    assert isinstance(refused, Refused)
    assert refused.retry_after == 91
    assert not isinstance(enter(two, Limits(tokens=100), 91.0), Refused)


def test_no_more_exchanges_at_once_than_allowed_whichever_process_has_them(board: Board) -> None:
    one, two = Counting(board, 0), Counting(board, 1)
    first = held(one, Limits(at_once=2))
    second = held(two, Limits(at_once=2))
    assert isinstance(enter(one, Limits(at_once=2)), Refused)
    two.leave(second, 0)
    third = held(one, Limits(at_once=2))
    assert isinstance(enter(two, Limits(at_once=2)), Refused)
    one.leave(first, 0)
    one.leave(third, 0)


SUBJECTS = (("this key", "k"), ("this organisation", "o"))


def test_what_was_under_way_before_a_limit_counts_once_somebody_obeyed_it(board: Board) -> None:
    one, two = Counting(board, 0), Counting(board, 1)
    before = held(one, None)
    assert one.late(SUBJECTS, before) is before
    limits = Limits(at_once=2, tokens=100)
    first = held(two, None, whole=limits)
    late = one.late(SUBJECTS, before)
    assert len(late) == 1
    assert one.late(SUBJECTS, late) is late
    assert isinstance(enter(two, None, whole=limits), Refused)
    one.leave(late, 150)
    refused = enter(two, None, whole=limits)
    assert isinstance(refused, Refused)
    assert "tokens" in refused.message
    two.leave(first, 0)
    assert not isinstance(enter(two, None, 60.0, limits), Refused)


def test_a_process_that_lost_its_place_charges_nobody_else(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_probed", lambda _: iter([7]))  # all have one row
    one, limits = Counting(board, 0), Limits(tokens=100)
    lost = one.enter(one.subjects([("this key", "k", limits)]), 0.0)
    assert not isinstance(lost, Refused)
    board.free(0)
    two = Counting(board, 0)
    other = two.subjects([("this key", "other", limits)])
    assert not isinstance(two.enter(other, 100.0), Refused)
    one.leave(lost, 500)
    assert two._is(7, two._name("this key", "other"))
    assert not isinstance(two.enter(other, 100.0), Refused)


def test_what_a_dead_process_had_under_way_is_given_back_with_its_place(board: Board) -> None:
    one, two = Counting(board, 0), Counting(board, 1)
    held(one, Limits(at_once=3))
    held(one, Limits(at_once=3))
    mine = held(two, Limits(at_once=3))
    assert isinstance(enter(two, Limits(at_once=3)), Refused)
    board.free(0)
    again = [held(two, Limits(at_once=3)) for _ in range(2)]
    assert isinstance(enter(two, Limits(at_once=3)), Refused)
    for one_held in (mine, *again):
        two.leave(one_held, 0)


def test_a_request_that_the_organisation_refuses_costs_the_key_nothing() -> None:
    counting = Counting()
    counting.leave(held(counting, None, 0.0, Limits(requests=1)), 0)
    refused = enter(counting, Limits(requests=1), 0.0, Limits(requests=1))
    assert isinstance(refused, Refused)
    assert "this organisation" in refused.message
    assert not isinstance(enter(counting, Limits(requests=1)), Refused)


def test_without_limits_nothing_is_counted() -> None:
    counting = Counting()
    assert enter(counting, None) == ()
    counting.leave((), 5)


def test_rows_of_those_who_used_nothing_lately_go_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 8)
    monkeypatch.setattr(module, "PROBES", 8)
    counting = Counting()
    for number in range(8):
        found = counting.enter(counting.subjects((("this key", str(number), Limits(requests=5)),)), 0.0)
        assert not isinstance(found, Refused)
        counting.leave(found, 0)
    assert counting.enter(counting.subjects((("this key", "more", Limits(requests=5)),)), 0.0) is CROWDED
    kept = counting.enter(counting.subjects((("this key", "3", Limits(requests=5)),)), 60.0)
    assert not isinstance(kept, Refused)
    assert not isinstance(counting.enter(counting.subjects((("this key", "more", Limits(requests=5)),)), 60.0), Refused)
    counting.leave(kept, 0)


def test_a_row_that_went_to_somebody_else_is_looked_for_again(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    monkeypatch.setattr(module, "ROWS", 1)
    monkeypatch.setattr(module, "PROBES", 1)
    one, two = Counting(board, 0), Counting(board, 1)
    one.leave(held(one, Limits(requests=1)), 0)
    found = two.enter(two.subjects((("this key", "other", Limits(requests=1)),)), 60.0)
    assert not isinstance(found, Refused)
    two.leave(found, 0)
    assert isinstance(enter(one, Limits(requests=1), 60.0), Refused)
    assert not isinstance(enter(one, Limits(requests=1), 120.0), Refused)


def _hammer(path: str, place: int, number: int) -> int:
    board = Board.of(os.open(path, os.O_RDWR))
    assert board is not None
    counting = Counting(board, place)
    passed = 0
    for _ in range(number):
        found = enter(counting, Limits(requests=1000, at_once=1), 0.0)
        if not isinstance(found, Refused):
            passed += 1
            counting.leave(found, 3)
    return passed


def test_processes_that_count_at_once_pass_exactly_the_number(board: Board, tmp_path: Path) -> None:
    path = str(tmp_path / "run" / "board")
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        passed = pool.starmap(_hammer, [(path, place, 3000) for place in range(3)])
    assert sum(passed) <= 1000
    mine = sum(not isinstance(enter(Counting(board, 9), Limits(requests=1000)), Refused) for _ in range(1000))
    assert sum(passed) + mine == 1000


def _die_locked(path: str) -> None:
    board = Board.of(os.open(path, os.O_RDWR))
    assert board is not None
    board.lock(0)
    board.lock(1)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_behind_a_lock_holds_nobody_up(board: Board, tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_locked, args=(str(tmp_path / "run" / "board"),))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert not isinstance(enter(Counting(board, 1), Limits(requests=1)), Refused)
