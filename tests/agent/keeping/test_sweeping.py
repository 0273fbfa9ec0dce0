"""What the sweep takes, when, and where it rather takes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.keeping.sweeping import DAY, PeriodError, due, period, sweep
from carnet.agent.transcripts_purge import COUNT
from tests.agent.folders import STAMP, files, lived_in, places
from tests.agent.homes import Home, user

if TYPE_CHECKING:
    from pathlib import Path


def test_the_period_is_that_of_the_settings_or_the_agents_own(tmp_path: Path) -> None:
    assert period(Home(tmp_path / "a").machine(), places()) == 30
    assert period(user(tmp_path / "b", cleanupPeriodDays=7).machine(), places()) == 7
    home = user(tmp_path / "c", cleanupPeriodDays=7)
    home.write("managed", {"cleanupPeriodDays": 90})
    assert period(home.machine(), places()) == 90


@pytest.mark.parametrize("text", ['{"cleanupPeriodDays": 0}', '{"cleanupPeriodDays": "thirty"}', "{", '{"env": []}'])
def test_where_the_settings_do_not_tell_nothing_is_taken_away(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.write("user", text)

    with pytest.raises(PeriodError, match=r"settings\.json"):
        period(home.machine(), places())
    assert PeriodError.exit_code == 3


def test_the_sweep_takes_what_the_agents_own_would_and_no_prompt_of_the_history(tmp_path: Path) -> None:
    folder = lived_in(tmp_path)
    history = (folder / "history.jsonl").read_bytes()
    before = files(folder)

    counted = sweep(folder, places(), 30, STAMP, COUNT)
    assert files(folder) == before
    done = sweep(folder, places(), 30, STAMP)

    assert (done.files, done.lines) == (counted.files, 0)
    assert done.files > 0
    assert (folder / "history.jsonl").read_bytes() == history
    assert not (folder / "projects/-home-me-shop/s-old.jsonl").exists()
    assert (folder / "projects/-home-me-shop/s-young.jsonl").exists()


def test_a_folder_that_is_not_there_needs_no_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none", places(), 30, STAMP).files == 0


def test_a_sweep_is_due_once_a_day_for_all_together(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with due(folder, STAMP) as first, due(folder, STAMP) as meanwhile:
        assert (first, meanwhile) == (True, False)
    with due(folder, STAMP + DAY - 1) as same_day:
        assert not same_day
    with due(folder, STAMP + DAY) as next_day:
        assert next_day


def sweep_that_fails(folder: Path) -> None:
    with due(folder, STAMP):
        raise OSError("disk")


def test_a_sweep_that_failed_is_due_again(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk"):
        sweep_that_fails(tmp_path)

    with due(tmp_path, STAMP + 1) as again:
        assert again
    assert (tmp_path / "swept").stat().st_mode & 0o777 == 0o600
