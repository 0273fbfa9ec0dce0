from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carnet.model.document import Outcome
from carnet.web.strips import WIDTH, legend, strip

START = datetime(2026, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW, SAME, FAILED, HELD = Outcome.NEW, Outcome.UNCHANGED, Outcome.FAILED, Outcome.HELD


def marks(*outcomes: Outcome) -> list[str]:
    return [mark.kind for mark in strip([(START + n * HOUR, o) for n, o in enumerate(outcomes)], HOUR).marks]


def test_every_state_has_a_mark_of_its_own() -> None:
    assert marks(NEW, SAME, FAILED, HELD) == ["changed", "unchanged", "failed", "held"]


def test_unchanged_captures_in_a_row_share_one_longer_mark() -> None:
    short, long = strip([(START, SAME)], HOUR), strip([(START + n * HOUR, SAME) for n in range(48)], HOUR)
    assert len(long.marks) == 1
    assert long.width > short.width
    assert long.marks[0].title == "unchanged, 48 captures, 2026-04-01 00:00 UTC to 2026-04-02 23:00 UTC"


def test_changes_in_a_row_stay_apart() -> None:
    assert marks(NEW, NEW, NEW) == ["changed"] * 3


def test_silence_is_a_gap_and_not_an_unchanged_mark() -> None:
    found = strip([(START, NEW), (START + timedelta(days=34), SAME)], HOUR)
    assert [mark.kind for mark in found.marks] == ["changed", "gap", "unchanged"]
    assert found.marks[1].title.startswith("no capture for 34 days")
    assert "1 gap without a capture" in found.summary


def test_the_rhythm_of_a_document_decides_what_is_a_gap() -> None:
    two = [(START, NEW), (START + timedelta(hours=20), SAME)]
    assert len(strip(two, None).marks) == 2
    assert len(strip(two, HOUR).marks) == 3


def test_a_strip_without_captures_says_so() -> None:
    found = strip([], None)
    assert (found.marks, found.summary) == ((), "no captures")


def test_the_legend_names_every_kind_once() -> None:
    kinds = [mark.kind for mark in legend()]
    assert sorted(kinds) == ["changed", "failed", "gap", "held", "unchanged"]


@given(st.lists(st.tuples(st.integers(0, 10_000_000), st.sampled_from(list(Outcome))), max_size=300))
def test_marks_never_overlap_and_never_leave_the_strip(captures: list[tuple[int, Outcome]]) -> None:
    found = strip([(START + timedelta(seconds=s), o) for s, o in sorted(captures)], None)
    end = 0
    for mark in found.marks:
        assert mark.x >= end
        end = mark.x + mark.width
    assert end <= max(found.width, 0) <= WIDTH
