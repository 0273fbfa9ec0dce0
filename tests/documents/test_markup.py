"""Dropping inline markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.markup import LONGEST, is_picture, plain

SIGNS = st.text(st.sampled_from("ab *_`[]()<>!\\\"'{}/~&;\0\n"), max_size=60)


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("**bold** and *thin* and __loud__ and _low_ and ~~gone~~", "bold and thin and loud and low and gone"),
        ("***both*** and **one *in* other**", "both and one in other"),
        ("see [the label](https://a.test/x_(y)?q#z 'title') now", "see the label now"),
        ("[`code` label](#here)", "code label"),
        ("[![alt](a.png)](https://b.test)", "alt"),
        ("![a picture](a.png)", "a picture"),
        ('<img src="a.png?x=1" className="dark" alt="a > b" width={3} />', "a > b"),
        ("[label][ref] and [other][]", "label and other"),
        ("<https://a.test/x>", "https://a.test/x"),
        ("first<br />second", "first second"),
        ("<Note>kept</Note> <u>also</u>", "kept also"),
        ('<Card title="Seen" href="/x">body</Card>', "Seen body"),
        ("`a*b*c` and `__init__` and ``x ` y``", "a*b*c and __init__ and x ` y"),
        ("`<project>/` and <project> stay", "<project>/ and <project> stay"),
        ("snake_case_name and 2 * 3 * 4 stay", "snake_case_name and 2 * 3 * 4 stay"),
        (r"\*not thin\* \[not\](a link)", "*not thin* [not](a link)"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("before <!-- hidden --> after {/* also hidden */} end", "before after end"),
        ("  much \t white\n space ", "much white space"),
        ("an `unclosed tick and **an open star", "an `unclosed tick and **an open star"),
        ("list[0] and f(x)[1](2)", "list[0] and f(x)1"),
        ("", ""),
    ],
)
def test_a_reader_sees(markdown: str, seen: str) -> None:
    assert plain(markdown) == seen


@given(SIGNS)
def test_any_text_gives_one_line_without_nul(markdown: str) -> None:
    seen = plain(markdown)

    assert "\0" not in seen
    assert seen == " ".join(seen.split())


@given(st.text(st.characters(categories=["L", "Nd"]), max_size=80))
def test_words_without_markup_stay_as_they_are(text: str) -> None:
    assert plain(text) == " ".join(text.split())


def test_nul_bytes_cannot_forge_a_piece_set_aside() -> None:
    assert plain("\x000\x00 `secret`") == "\ufffd0\ufffd secret"


@pytest.mark.parametrize(
    "sign", ["<!--", "{/*", "`", "``` `", "[", "[](", "<A ", "**a ", "_a ", "__a ", "~~a ", "![", '<img alt="', "\\"]
)
def test_a_page_of_openings_ends_within_the_time_limit(sign: str) -> None:
    seen = plain(sign * (LONGEST // len(sign) - 1))

    assert len(seen) <= LONGEST


def test_a_run_no_person_wrote_is_taken_as_plain_text() -> None:
    assert plain("**" + "a" * LONGEST + "**") == "**" + "a" * LONGEST + "**"


@pytest.mark.parametrize(
    ("markdown", "picture"),
    [('<img alt="a" />', True), ("![a](b) ![c](d)", True), ("a ![b](c)", False), ("no image", False)],
)
def test_a_picture_is_an_image_and_nothing_else(markdown: str, *, picture: bool) -> None:
    assert is_picture(markdown) is picture
