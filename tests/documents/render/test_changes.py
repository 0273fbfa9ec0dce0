from __future__ import annotations

import re

import pytest

from carnet.documents.render.changes import changes_html
from tests import make
from tests.documents.render.seen import faults
from tests.documents.render.test_document import HOSTILE

OLD = "# Data\n\n## Kept\n\nIt is kept for 30 days.\n\nIt is sealed.\n\n## Sent\n\nIt goes to one place.\n"
NEW = OLD.replace("30", "60").replace("sealed", "sealed well").replace("place.", "place. Sometimes two.")


def test_changes_stand_under_their_sections() -> None:
    markup = changes_html(*make.comparison(OLD, NEW))
    assert re.findall(r"</a> (Kept|Sent) ", markup) == ["Kept", "Sent"]
    assert re.findall(r'id="(c\d)"', markup) == ["c1", "c2", "c3"]


def test_a_change_is_told_sentence_by_sentence() -> None:
    markup = changes_html(*make.comparison(OLD, NEW))
    assert "<summary>1 sentence added, 1 sentence removed</summary>" in markup
    assert "<li>Added: <ins>Sometimes two.</ins></li>" in markup


def test_layout_alone_is_called_that() -> None:
    assert "layout only" in changes_html(*make.comparison("A line.\n", "A  line.\n"))


def test_equal_texts_say_so() -> None:
    assert "The two texts are equal." in changes_html(*make.comparison("a\n", "a\n"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_are_only_text(name: str) -> None:
    assert faults(changes_html(*make.comparison(HOSTILE[name], b"# <b>\n\na\n"))) == []
