from __future__ import annotations

import base64
import hashlib
import re

import pytest

from carnet.documents.render.page import comparison_page, stylesheet
from tests import make
from tests.documents.render.test_document import HOSTILE


def test_the_file_needs_nothing_else() -> None:
    page = comparison_page(*make.comparison("# A\n\n![a](https://pages.test/a.png)\n", "# A\n\nb\n"))
    assert not re.search(r"<(?:script|link|img|iframe|object)\b|src=|@import|url\(", page)


def test_the_policy_allows_its_own_style_and_nothing_more() -> None:
    page = comparison_page(*make.comparison("a\n", "b\n"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{digest}'\"" in page


def test_the_header_tells_what_is_compared() -> None:
    page = comparison_page(*make.comparison("a\n", "b\nc\n"))
    assert "<h1>data-usage</h1>" in page
    assert "2026-04-02 06:00 UTC</time> · <strong>2 added, 1 removed</strong>" in page


def test_every_change_is_linked_from_the_top() -> None:
    page = comparison_page(*make.comparison("# T\n\n## A & B\n\nold\n", "# T\n\n## A & B\n\nnew\n"))
    assert '<li>A &amp; B: <a href="#c1">1</a></li>' in page
    assert 'id="c1"' in page


def test_equal_texts_say_so() -> None:
    assert "The two texts are equal." in comparison_page(*make.comparison("a\n", "a\n"))


def test_the_name_of_a_document_is_text_too() -> None:
    assert "<script>" not in comparison_page(*make.comparison("a\n", "b\n", "x/<script>alert(1)</script>"))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_captured_text_runs(name: str) -> None:
    assert "<script" not in comparison_page(*make.comparison(b"a\n", HOSTILE[name])).lower()


def test_colour_is_never_alone_in_the_style() -> None:
    style = stylesheet()
    assert re.search(r"ins \{[^}]*text-decoration: underline", style)
    assert re.search(r"del \{[^}]*text-decoration: line-through", style)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style
