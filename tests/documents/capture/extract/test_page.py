"""The main content of pages."""

from __future__ import annotations

import pytest

from carnet.documents.capture.extract.order import Order
from carnet.documents.capture.extract.page import page_text
from carnet.errors import FetchError

TEXT = "<p>The agent sends what it is told to send and keeps a record of it for some days, says this invented page.</p>"


def text(html: str, selector: str = "", *filters: str) -> str:
    return page_text(Order("html", html.encode(), "https://docs.test/a", "", selector, filters))


def test_the_landmark_is_the_content() -> None:
    found = text(f"<nav>Menu</nav><header>Top</header><main><h1>Data</h1>{TEXT * 3}</main><footer>Foot</footer>")
    assert found.startswith("# Data\n")
    assert "Foot" not in found
    assert "Top" not in found


def test_an_article_serves_where_there_is_no_main() -> None:
    assert "Aside" not in text(f"<div>Aside</div><article>{TEXT}</article>")


def test_a_landmark_with_next_to_nothing_in_it_is_passed_over() -> None:
    assert "invented" in text(f"<main><p>Loading</p></main><div id=content>{TEXT * 6}</div>")


def test_a_page_without_landmarks_keeps_lists_tables_and_code_of_its_content() -> None:
    said = "of this invented page tells what is sent, to whom, and why."
    paragraphs = "".join(f"<p>Sentence number {n} {said}</p>" for n in range(9))
    listed = "<ul><li>prompts and outputs</li><li>error reports</li></ul><table><tr><th>a<th>b<tr><td>1<td>2</table>"
    found = text(
        f"<div class=menu><a href=/x>Home</a> <a href=/y>Shop</a></div>"
        f"<div class=content><h1>Data usage</h1>{paragraphs}{listed}<pre>run this</pre></div>"
        "<div class=foot>(c) us</div>"
    )
    assert "- prompts and outputs" in found
    assert "| 1 | 2 |" in found
    assert "run this" in found
    assert "Shop" not in found


def test_a_selector_takes_exactly_what_it_matches_once() -> None:
    found = text("<div class=x>one<div class=x>two</div></div><p>no</p><div class=x>three</div>", ".x")
    assert found == "one\n\ntwo\n\nthree\n"


def test_filters_drop_their_parts_first() -> None:
    assert text(f"<main>{TEXT}<p class=ad>Buy</p><p id=banner>New!</p></main>", "", ".ad", "#banner").count("\n") == 1


def test_a_selector_that_matches_nothing_is_a_failure_that_names_it() -> None:
    with pytest.raises(FetchError, match=r"'\.gone' matches nothing"):
        text(TEXT, ".gone")


@pytest.mark.parametrize("selector", ["<<", "p[", ":no-such(", "!"])
def test_a_selector_that_is_none_is_named(selector: str) -> None:
    with pytest.raises(FetchError) as caught:
        text(TEXT, selector)
    assert caught.value.reason == "selector"


@pytest.mark.parametrize("html", ["", "<html></html>", "<script>x</script>", "\0\0\0"])
def test_a_page_without_text_is_a_failure(html: str) -> None:
    with pytest.raises(FetchError) as caught:
        text(html)
    assert caught.value.reason == "no-text"
