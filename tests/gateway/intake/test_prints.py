"""Prints: the same for the same text under the same key."""

from __future__ import annotations

import hmac

import pytest

from carnet.gateway.intake.prints import DIGITS, Prints, digest_of, mark


def test_equal_texts_have_equal_prints_under_one_key_and_others_under_another() -> None:
    one, other = Prints.under(b"a"), Prints.under(b"b")
    assert one.of("text") == one.of("text") != other.of("text")
    assert one.of("text") != one.of("Text")
    assert len(one.of("\ud800")) == DIGITS


@pytest.mark.parametrize("key", [b"", b"k" * 32, b"k" * 64])
def test_a_print_is_the_beginning_of_an_hmac(key: bytes) -> None:
    for text in ("", "text", "é" * 500):
        assert Prints(key).of(text) == hmac.digest(key, text.encode(), "sha256").hex()[:DIGITS]
    with pytest.raises(ValueError, match="block"):
        Prints(b"k" * 65)


def test_a_key_is_not_shown() -> None:
    assert "key" not in repr(Prints.under(b"secret"))


def test_marks_differ_where_their_parts_are_cut_elsewhere() -> None:
    assert mark("ab", "c") != mark("a", "bc") != mark("abc")
    assert mark("a", b"b") == mark("a", b"b")


def test_bodies_that_differ_are_told_apart() -> None:
    assert digest_of(b"a") == digest_of(b"a") != digest_of(b"b")
