from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.side_by_side import side_by_side_html
from tests import make
from tests.documents.render.seen import faults
from tests.documents.render.test_document import HOSTILE

LONG = "".join(f"line {number}\n" for number in range(40))


def test_every_line_has_a_permalink_on_its_side() -> None:
    markup = side_by_side_html(*make.comparison(f"{LONG}old words\n", f"{LONG}new words\nmore\n"))
    assert re.findall(r'id="L(\d+)"', markup) == [str(number) for number in range(1, 42)]
    assert re.findall(r'id="R(\d+)"', markup) == [str(number) for number in range(1, 43)]


def test_unchanged_lines_fold_and_say_how_many() -> None:
    markup = side_by_side_html(*make.comparison(f"{LONG}old\n", f"{LONG}new\n"))
    assert "<summary>37 unchanged lines</summary>" in markup


def test_words_are_marked_on_their_own_side() -> None:
    markup = side_by_side_html(*make.comparison("kept for 30 days\n", "kept for 60 days\n"))
    assert "kept for <del>30</del> days" in markup
    assert "kept for <ins>60</ins> days" in markup


def test_equal_texts_say_so() -> None:
    assert "The two texts are equal." in side_by_side_html(*make.comparison("a\n", "a\n"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_are_only_text(name: str) -> None:
    assert faults(side_by_side_html(*make.comparison(b"a\n", HOSTILE[name]))) == []


@given(st.text(max_size=80), st.text(max_size=80))
def test_each_hunk_has_one_anchor(old: str, new: str) -> None:
    compared = make.comparison(old, new)
    found = re.findall(r'id="c(\d+)"', side_by_side_html(*compared))
    assert found == [str(number) for number in range(1, len(compared.comparison.hunks) + 1)]
