from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.inline import Atom, Wrap, atoms, html_of, link, text_of
from carnet.documents.render.parse import LONGEST_INLINE
from tests.documents.render.seen import faults


def html(text: str) -> str:
    return html_of(atoms(text, {}))


def test_markup_becomes_elements() -> None:
    assert html("a **b** `c` *d*") == "a <strong>b</strong> <code>c</code> <em>d</em>"


def test_a_link_to_the_web_says_whence_it_is_not_followed() -> None:
    assert html("[a](https://pages.test/x)") == (
        '<a href="https://pages.test/x" rel="noopener nofollow noreferrer">a</a>'
    )


def test_a_link_within_the_vendors_site_is_inert_and_names_its_target() -> None:
    assert html("[a](/docs/b)") == '<span class="cn-ref" title="/docs/b">a</span>'


def test_a_link_within_the_document_goes_to_its_heading() -> None:
    assert link("#data-retention").open == '<a href="#s-data-retention">'


def test_a_script_link_is_inert() -> None:
    assert faults(html("[a](javascript:alert(1)) [b](data:text/html,x) <javascript:alert(1)>")) == []


def test_an_image_is_its_description() -> None:
    assert html("![A map](https://pages.test/m.png)") == '<span class="cn-image">A map</span>'


def test_equal_elements_that_touch_are_one() -> None:
    strong = Wrap("<strong>", "</strong>")
    assert html_of([Atom("a", (strong,)), Atom("b", (strong,)), Atom("c")]) == "<strong>ab</strong>c"


def test_a_paragraph_no_person_wrote_is_shown_without_markup() -> None:
    text = "**a** " * LONGEST_INLINE
    assert html(text) == text


def test_definitions_of_links_are_used() -> None:
    references = {"A": {"href": "https://pages.test/", "title": ""}}
    assert "https://pages.test/" in html_of(atoms("[a]", references))
    assert html("[a]") == "[a]"


@given(st.text(alphabet="ab*_`[]()<>!&\\\n\"' javascript:#/", max_size=120))
def test_whatever_is_written_is_well_formed_and_harmless(text: str) -> None:
    assert faults(f"<p>{html(text)}</p>") == []


@given(st.text(alphabet="abc \n", max_size=60))
def test_text_without_markup_keeps_every_word(text: str) -> None:
    assert text_of(atoms(text, {})).split() == text.split()


def test_a_long_name_may_break_where_a_person_would() -> None:
    assert html("`AGENT_DISABLE_TELEMETRY`") == "<code>AGENT_<wbr>DISABLE_<wbr>TELEMETRY</code>"
