from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.escape import attribute, escape, plain, safe_link
from tests.documents.render.seen import faults


@given(st.text())
def test_no_text_becomes_an_element(text: str) -> None:
    escaped = escape(text)
    assert faults(f"<p>{escaped}</p>") == []
    assert escaped.count("<") == 2 * escaped.count('<span class="cn-unseen">')


@given(st.text())
def test_no_text_leaves_its_attribute(text: str) -> None:
    assert faults(f'<p title="{attribute(text)}">x</p>') == []
    assert '"' not in attribute(text)


@given(st.text(alphabet=st.characters(categories=["Cc", "Cf", "L", "Cs"])))
def test_no_control_reaches_a_terminal(text: str) -> None:
    assert not any((ord(sign) < 32 and sign not in "\t\n") or 127 <= ord(sign) < 160 for sign in plain(text))


def test_a_direction_override_becomes_a_visible_word() -> None:
    assert escape("a\u202eb") == 'a<span class="cn-unseen">U+202E</span>b'
    assert plain("a\u202eb") == "a<U+202E>b"


def test_tag_characters_that_hide_a_message_become_visible() -> None:
    assert "U+E0041" in escape("\U000e0041")


def test_ordinary_text_of_any_script_stays() -> None:
    text = "naïve 日本語 עברית 👩‍💻 – “quoted”\tend\n"
    assert escape(text) == text


@pytest.mark.parametrize("target", ["https://pages.test/a?b=1#c", "HTTP://pages.test", "mailto:someone@pages.test"])
def test_a_link_to_the_web_is_followed(target: str) -> None:
    assert safe_link(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//pages.test/a",
        "/docs/a",
        "https:",
        "https:///a",
        "https://pages.test/\u202ea",
        "https://pages.test/" + "a" * 3_000,
        "",
    ],
)
def test_no_other_link_is_followed(target: str) -> None:
    assert safe_link(target) is None
