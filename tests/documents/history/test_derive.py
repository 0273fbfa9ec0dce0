from __future__ import annotations

import pytest

from carnet.documents.history.derive import Derivation, deriving
from carnet.errors import FetchError
from carnet.model.document import Document, Media


def document(media: Media, url: str = "import:c/a") -> Document:
    return Document(1, "c", "a", url, media)


@pytest.mark.parametrize("media", [Media.MARKDOWN, Media.TEXT])
@pytest.mark.parametrize("data", [b"", b"# A\r\n", b"\xff\x00", b"<!doctype html><p>x"])
def test_markdown_and_text_are_the_bytes_as_they_came(media: Media, data: bytes) -> None:
    derivation = Derivation()

    assert derivation.derive(document(media), data) == (data, None, "")
    assert derivation._running is None, "no process is started for these"


def test_what_is_gone_has_no_text() -> None:
    assert Derivation().derive(document(Media.HTML), None) == (None, None, "")


def test_a_page_keeps_its_bytes_beside_its_text_and_its_links_as_they_are() -> None:
    page = b"<main><h1>A</h1><p>See <a href='b.html'>the other page</a> of these two.</p></main>"

    with deriving() as derivation:
        text, raw, normaliser = derivation.derive(document(Media.HTML), page)
        again = derivation.derive(document(Media.HTML), page)

    assert text is not None
    assert text.startswith(b"# A\n")
    assert b"import:" not in text
    assert raw == page
    assert again == (text, raw, normaliser)


def test_a_file_without_text_says_why() -> None:
    with deriving() as derivation, pytest.raises(FetchError, match="PDF"):
        derivation.derive(document(Media.PDF), b"no PDF")
