"""Word marks inside changed lines."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.words import LONGEST, pairs, word_spans
from carnet.model.difference import Mark

LINE = st.lists(st.sampled_from(["the", "cache", "30", "days", " ", ", ", "é", "\t", "`x`", "."]), max_size=25).map(
    "".join
)


def written(old: str, new: str) -> tuple[str, str]:
    """Spans as `[-removed-]` and `{+added+}`."""
    before, after = word_spans(old, new)
    return (
        "".join(span.text if span.mark is Mark.SAME else f"[-{span.text}-]" for span in before),
        "".join(span.text if span.mark is Mark.SAME else f"{{+{span.text}+}}" for span in after),
    )


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("Kept for 30 days.", "Kept for 60 days.", "Kept for [-30-] days.", "Kept for {+60+} days."),
        ("It is on.", "It is on by default.", "It is on.", "It is on{+ by default+}."),
        (
            "You may send the old report at once to us.",
            "You must send a new report at once to us.",
            "You [-may send the old-] report at once to us.",
            "You {+must send a new+} report at once to us.",
        ),
        ("same", "same", "same", "same"),
        ("", "new", "", "{+new+}"),
    ],
)
def test_marks_read_well(old: str, new: str, before: str, after: str) -> None:
    assert written(old, new) == (before, after)


@given(LINE, LINE)
def test_spans_joined_give_the_line(old: str, new: str) -> None:
    before, after = word_spans(old, new)

    assert "".join(span.text for span in before) == old
    assert "".join(span.text for span in after) == new
    assert {span.mark for span in before} <= {Mark.SAME, Mark.REMOVED}
    assert {span.mark for span in after} <= {Mark.SAME, Mark.ADDED}


@given(LINE, LINE)
def test_what_is_the_same_is_the_same_on_both_sides(old: str, new: str) -> None:
    before, after = word_spans(old, new)

    # joined: words that came in parts a run on one side only
    assert "".join(span.text for span in before if span.mark is Mark.SAME) == "".join(
        span.text for span in after if span.mark is Mark.SAME
    )


@given(LINE, LINE)
def test_two_marks_in_a_row_are_one(old: str, new: str) -> None:
    for spans in word_spans(old, new):
        assert all(one.mark is not other.mark for one, other in itertools.pairwise(spans))
        assert all(span.text for span in spans)


def test_a_line_too_long_for_words_is_marked_as_a_whole() -> None:
    before, after = word_spans("a " * LONGEST, "b")

    assert [span.mark for span in before] == [Mark.REMOVED]
    assert [span.mark for span in after] == [Mark.ADDED]


def test_changed_lines_find_each_other_past_new_ones() -> None:
    removed = ["The cache is kept for 30 days.", "Ratings are kept for ever."]
    added = ["Something new stands here now!", "The cache is kept for 60 days.", "Ratings are kept for 5 years."]

    assert pairs(removed, added) == [(0, 1), (1, 2)]


def test_lines_that_have_nothing_in_common_are_no_pair() -> None:
    assert pairs(["aaaa bbbb"], ["zzzz yyyy"]) == []
    assert pairs([""], [""]) == []
    assert pairs([], ["new"]) == []


@given(st.lists(LINE, max_size=8), st.lists(LINE, max_size=8))
def test_pairs_never_cross(removed: list[str], added: list[str]) -> None:
    found = pairs(removed, added)

    assert all(one[0] < other[0] and one[1] < other[1] for one, other in itertools.pairwise(found))
    assert all(old < len(removed) and new < len(added) for old, new in found)


def test_a_large_table_pairs_its_rows_by_their_beginning() -> None:
    removed = [f"| KEY_{number} | is kept for {number} days |" for number in range(400)]
    added = ["| KEY_NEW | something else |", *[f"| KEY_{number} | is stored {number} days |" for number in range(400)]]

    assert pairs(removed, added) == [(number, number + 1) for number in range(400)]


def test_an_enormous_hunk_is_paired_within_the_time_limit() -> None:
    removed = [f"{number} " + "x" * 1_000 for number in range(3_000)]

    assert len(pairs(removed, [line + "y" for line in removed])) == 3_000
