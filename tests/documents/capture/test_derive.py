"""Canonical text, and the name of what made it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from carnet.documents.capture.apart import Extractor
from carnet.documents.capture.derive import Derived, derive, normaliser
from carnet.errors import FetchError
from carnet.model.document import Document, Media

PAGE = Document(1, "agent", "page", "https://docs.test/page")


def derived(document: Document, kind: str, body: bytes) -> Derived:
    async def once() -> Derived:
        extractor = Extractor()
        try:
            return await derive(document, kind, body, extractor)
        finally:
            await extractor.close()

    return asyncio.run(once())


def test_markdown_and_plain_text_are_the_bytes_as_they_came() -> None:
    for kind in ("text/markdown; charset=latin-1", "text/plain"):
        assert derived(PAGE, kind, b"caf\xe9\r\n\0") == Derived(b"caf\xe9\r\n\0", None, "")


def test_a_web_page_is_read_in_its_charset() -> None:
    found = derived(PAGE, "text/html; charset=iso-8859-1", "<main>Größe</main>".encode("latin-1"))
    assert found.text == "Größe\n".encode()
    assert found.raw is not None


def test_an_empty_answer_is_a_failure() -> None:
    with pytest.raises(FetchError, match="empty"):
        derived(PAGE, "text/markdown", b"")


@pytest.mark.parametrize("kind", ["text/html; charset=", "text/html; charset=no\xff", "text/html; charset*=x"])
def test_an_odd_content_type_is_no_fault(kind: str) -> None:
    assert derived(PAGE, kind, b"<main>Text</main>").text == b"Text\n"


def test_whatever_may_change_the_text_of_the_same_bytes_is_in_the_name_of_its_derivation() -> None:
    plain = normaliser(PAGE, Media.HTML)
    names = {
        plain,
        normaliser(replace(PAGE, selector=".x"), Media.HTML),
        normaliser(replace(PAGE, filters=(".x",)), Media.HTML),
        normaliser(replace(PAGE, filters=(".x", ".y")), Media.HTML),
        normaliser(PAGE, Media.PDF),
        normaliser(PAGE, Media.MARKDOWN),
    }
    assert len(names) == 6
    assert plain.startswith("html-1+trafilatura-")
    assert normaliser(PAGE, Media.PDF).startswith("pdf-1+pypdf-")
    assert normaliser(PAGE, Media.TEXT) == ""
