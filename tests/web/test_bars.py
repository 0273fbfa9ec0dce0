from __future__ import annotations

from datetime import date

from carnet.web.bars import LEAST, bars, days_until

DAYS = days_until(date(2026, 4, 3), 3)


def test_days_end_with_the_last_one() -> None:
    assert [day.isoformat() for day in DAYS] == ["2026-04-01", "2026-04-02", "2026-04-03"]


def test_series_stand_on_each_other_and_the_highest_bar_fills_the_height() -> None:
    drawn = bars(DAYS, {"2026-04-02": {"a": 3, "b": 1}, "2026-04-03": {"b": 2}}, ["a", "b"], 300, 40)
    assert [(one.x, one.y, one.height, one.series) for one in drawn.parts] == [
        (100, 10, 30, 0),
        (100, 0, 10, 1),
        (200, 20, 20, 1),
    ]
    assert drawn.most == 4


def test_one_beside_very_many_is_still_seen() -> None:
    drawn = bars(DAYS, {"2026-04-01": {"a": 100_000}, "2026-04-02": {"a": 1}}, ["a"], 300, 40)
    assert drawn.parts[1].height == LEAST


def test_nothing_stays_empty_and_other_days_and_names_are_left_out() -> None:
    assert bars(DAYS, {}, ["a"], 300, 40).parts == ()
    assert bars(DAYS, {"2025-01-01": {"a": 1}, "2026-04-01": {"c": 1}}, ["a"], 300, 40).most == 0
