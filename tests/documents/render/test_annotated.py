from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.render.annotated import Marked, annotated
from carnet.documents.render.document import document_html
from carnet.documents.sentences import sentences
from carnet.model.document import Media

TAG = re.compile(r"</?mark[^>]*>|<a class=\"an-sign\".*?</a>")


def marks(text: bytes) -> list[Marked]:
    return [
        Marked(one.line, one.text.rpartition(" | ")[2], f"t-{n}", "cited", str(n))
        for n, one in enumerate(sentences(text), 1)
    ]


def html(text: bytes) -> str:
    return "".join(piece.html for piece in annotated(text, Media.MARKDOWN, marks(text)))


def test_a_sentence_is_marked_across_its_inline_markup() -> None:
    shown = html(b"Herons *eat* [fish](https://fish.example). They **sleep**.\n")
    assert shown.count("<mark") == 2
    assert '<mark class="an an-cited" id="t-1">Herons <em>eat</em> <a href="https://fish.example"' in shown
    assert '<a class="an-sign" href="#n-2" aria-label="Note 2">2</a>' in shown


def test_a_picture_without_words_does_not_stop_the_sentences_after_it() -> None:
    shown = html(b"![A heron](heron.png)\n\nHerons eat fish. They sleep.\n")
    assert "Herons eat fish.</mark>" in shown
    assert "They sleep.</mark>" in shown


def test_hostile_text_stays_text() -> None:
    shown = html(b"Herons <script>alert(1)</script> eat. <img src=x onerror=alert(2)> They sleep.\n")
    assert "<script" not in shown
    assert "<img" not in shown


def test_plain_text_keeps_its_lines() -> None:
    pieces = annotated(b"one\n<b>two</b>\n", Media.TEXT, [])
    assert [piece.html for piece in pieces][1] == '<pre class="cn-plain">&lt;b&gt;two&lt;/b&gt;</pre>\n'


WORDS = st.lists(
    st.sampled_from(
        [
            "Herons",
            "eat",
            "*fish*",
            "`code`",
            "**and**",
            "[a](b)",
            "sleep.",
            "Then",
            "\n\n",
            "- ",
            "## H\n\n",
            "| a | b |\n|-|-|\n| c | d |\n\n",
            "<i>",
            "&amp;",
        ]
    ),
    max_size=30,
)


@given(WORDS)
def test_marks_add_nothing_but_marks(words: list[str]) -> None:
    text = (" ".join(words) + "\n").encode()
    plain = document_html(text, Media.MARKDOWN).removeprefix('<div class="cn-doc">\n').removesuffix("</div>\n")
    assert text_of(TAG.sub("", html(text))) == text_of(plain)


@given(WORDS)
def test_marks_are_closed_and_no_id_comes_twice(words: list[str]) -> None:
    shown = html((" ".join(words) + "\n").encode())
    assert shown.count("<mark") == shown.count("</mark>")
    signs = re.findall(r'href="#n-(\d+)"', shown)
    assert len(signs) == len(set(signs))


def text_of(markup: str) -> str:
    return "".join(re.sub(r"<[^>]+>", "", markup).split())
