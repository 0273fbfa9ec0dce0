from __future__ import annotations

import pytest

from carnet.documents.render.feed import MOST_HUNKS, feed_html
from tests import make
from tests.documents.render.seen import faults
from tests.documents.render.test_document import HOSTILE


def test_a_changed_line_is_one_paragraph_with_its_marks() -> None:
    markup = feed_html(make.comparison("It is kept for 30 days.\n", "It is kept for 60 days.\n").comparison)
    assert "<p>It is kept for <del>30</del><ins>60</ins> days.</p>" in markup


def test_it_begins_with_the_counts() -> None:
    assert feed_html(make.comparison("a\n", "b\n").comparison).startswith("<p>data-usage 2026-04-01 00:00 UTC to ")


def test_it_needs_no_class() -> None:
    assert "class=" not in feed_html(make.comparison("# A\n\nold\n", "# A\n\nnew\n\nmore\n").comparison)


def test_layout_gives_way_to_substance() -> None:
    markup = feed_html(
        make.comparison("A  line.\n\nsame\n\nOld words.\n", "A line.\n\nsame\n\nNew thing.\n").comparison
    )
    assert "A line" not in markup
    assert "and 1 more change on the page" in markup


def test_many_changes_are_cut_short_and_counted() -> None:
    old = "".join(f"Sentence {number} is old.\n\n" for number in range(MOST_HUNKS + 9))
    markup = feed_html(make.comparison(old, old.replace("old", "new")).comparison)
    assert "and 9 more changes on the page" in markup


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_are_only_text(name: str) -> None:
    assert faults(feed_html(make.comparison(HOSTILE[name], b"a\n").comparison)) == []
