"""Bytes to characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.capture.extract.charset import decoded


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("latin-1"), "iso-8859-1", "Größe"),
        ("“a”".encode("cp1252"), "iso-8859-1", "“a”"),
        (b"<meta charset=windows-1251>" + "да".encode("cp1251"), "", "<meta charset=windows-1251>да"),
        (b'<meta http-equiv=c content="text/html; charset=koi8-r">' + "да".encode("koi8-r"), "", None),
        ("Größe".encode("utf-16"), "", "Größe"),
        (b"\xef\xbb\xbfa", "latin-1", "a"),
        (b"caf\xe9", "", "café"),
        (b"caf\xe9", "utf-8", "caf\ufffd"),
        (b"a", "no-such-charset", "a"),
        (b"a", "rot13", "a"),
        (b"a", "hex", "a"),
        (b"caf\xe9", "undefined", "café"),
        (b"\xff.", "idna", "ÿ."),
        (b"<meta charset=utf-16>a", "", "<meta charset=utf-16>a"),
    ],
)
def test_the_page_is_read_as_browsers_read_it(body: bytes, charset: str, text: str | None) -> None:
    found = decoded(body, charset)
    assert found == text if text is not None else found.endswith("да")


@given(st.binary(max_size=300), st.text(max_size=12))
def test_any_bytes_and_any_name_give_characters(body: bytes, charset: str) -> None:
    assert isinstance(decoded(body, charset), str)
