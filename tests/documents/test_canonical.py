"""Canonical form and fingerprint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.canonical import canonical, fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("don’t “say”", 'don\'t "say"'),
        ("2024–2025 — on", "2024-2025 - on"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u00a0b\u200b  c\n", "a b c"),
        ("wait…", "wait..."),
    ],
)
def test_typography_does_not_count(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("30 days", "60 days"), ("may", "May"), ("on", "off"), ("a b", "ab"), ("5 µs", "5 μs"), ("x²", "x2"), ("a", "a.")],
)
def test_words_digits_case_and_punctuation_do_count(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_a_fingerprint_is_this_one_for_ever() -> None:
    assert fingerprint("Set it to “off”.") == "s1:4b93e8cd0a9c96e5"


@given(st.text())
def test_canonical_form_is_its_own_canonical_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(st.text(st.characters(exclude_categories=[])))
def test_every_text_has_a_fingerprint(text: str) -> None:
    assert len(fingerprint(text)) == len("s1:") + 16
