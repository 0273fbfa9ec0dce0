"""What lies there: counts, bytes, ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.transcripts_listing import listing, own_period
from carnet.agent.transcripts_projects import find_project
from tests.agent.folders import DAY, STAMP, lived_in, places, prompt, put

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = STAMP - 30 * DAY


def test_each_place_tells_its_files_and_those_past_the_period_in_the_packs_order(tmp_path: Path) -> None:
    found = listing(lived_in(tmp_path), places(), BEFORE)

    assert [(name, one.all.files, one.past.files) for name, one in found.summaries.items()] == [
        ("memory", 1, 1),
        ("transcripts", 3, 2),
        ("subagents", 1, 1),
        ("tool-results", 2, 1),
        ("history", 1, 0),
        ("file-history", 2, 2),
        ("plans", 1, 1),
        ("telemetry", 1, 1),
        ("feedback-bundles", 1, 1),
        ("other", 1, 1),
    ]


def test_the_file_of_prompts_is_as_old_as_its_lines(tmp_path: Path) -> None:
    history = listing(lived_in(tmp_path), places(), BEFORE).summaries["history"]

    assert (history.all.lines, history.past.lines) == (3, 2)
    assert history.past.bytes == len(prompt(40)) + len(prompt(60, "/home/me/blog", "s-blog"))
    assert history.oldest == pytest.approx(STAMP - 60 * DAY)


def test_of_a_project_only_its_own_is_listed(tmp_path: Path) -> None:
    lived_in(tmp_path)

    found = listing(tmp_path, places(), BEFORE, find_project(tmp_path, places(), "/home/me/blog", tmp_path))

    assert {name: one.all.files for name, one in found.summaries.items()} == {
        "transcripts": 1,
        "file-history": 1,
        "history": 1,
    }
    assert found.summaries["history"].all.lines == 1


def test_files_that_others_may_read_are_counted(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/open.jsonl", 1, mode=0o644)
    put(tmp_path, "projects/-p/private.jsonl", 1)

    assert listing(tmp_path, places(), BEFORE).summaries["transcripts"].readable == 1


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ('{"cleanupPeriodDays": 7}', 7),
        ('{"cleanupPeriodDays": 1' + "0" * 400 + "}", 1_000_000),
        ('{"cleanupPeriodDays": 0}', 30),
        ('{"cleanupPeriodDays": true}', 30),
        ('{"cleanupPeriodDays": "7"}', 30),
        ("{}", 30),
        ("no json", 30),
        ("[" * 100_000, 30),
    ],
)
def test_the_period_is_the_settings_files_where_it_is_one(tmp_path: Path, text: str, days: int) -> None:
    put(tmp_path, "settings.json", 1, text)

    assert own_period(tmp_path, places()) == days


def test_without_a_settings_file_the_period_is_the_agents_own(tmp_path: Path) -> None:
    assert own_period(tmp_path, places()) == 30
