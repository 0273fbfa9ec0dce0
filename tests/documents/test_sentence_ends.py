"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.sentence_ends import split_sentences


@pytest.mark.parametrize(
    "text",
    [
        "Use a cloud, e.g. Bedrock or i.e. Vertex, as you like.",
        "From v2.1.126 on and TLS 1.2 it is on.",
        "Fetch https://a.test/b.html?c=d. or a.b.test now.",
        "It is in settings.json and in code.with.dots too.",
        "See No. 5 and Fig. 3 for the U.S. Government.",
        "It costs 3.50 a month.",
        "Compare A vs. B here",
        "Mr. Smith agrees.",
        "Wait ... then go",
    ],
)
def test_no_sentence_ends_inside(text: str) -> None:
    assert split_sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It is on. It is off.", ["It is on.", "It is off."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Is it on? Yes! Good.", ["Is it on?", "Yes!", "Good."]),
        ("For Free, Pro, and Max. The rest is off.", ["For Free, Pro, and Max.", "The rest is off."]),
        ("The answer is no. It stays.", ["The answer is no.", "It stays."]),
        ("Set it. /feedback writes.", ["Set it.", "/feedback writes."]),
        ("(It is on.) Next.", ["(It is on.)", "Next."]),
        ("Kept 30 days. 60 days later gone.", ["Kept 30 days.", "60 days later gone."]),
        ("打开。关闭。", ["打开。", "关闭。"]),
        ("", []),
    ],
)
def test_sentences_end(text: str, parts: list[str]) -> None:
    assert split_sentences(text) == parts


@given(st.text(st.sampled_from("aB1.!? \"'()e.g")))
def test_nothing_is_lost(text: str) -> None:
    collapsed = " ".join(text.split())

    assert " ".join(split_sentences(collapsed)) == collapsed
