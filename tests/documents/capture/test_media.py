"""What kind of text an answer is."""

from __future__ import annotations

import pytest

from carnet.documents.capture.media import expected, looks_like_page, media_of
from carnet.errors import FetchError
from carnet.model.document import Document, Media

PAGE = b"<!doctype html><title>x</title>"


def document(url: str = "https://docs.test/page", media: Media | None = None) -> Document:
    return Document(1, "agent", "page", url, media=media)


@pytest.mark.parametrize(
    ("url", "kind", "body", "found"),
    [
        ("https://docs.test/a.md", "text/markdown", b"# a", Media.MARKDOWN),
        ("https://docs.test/a.md", "text/plain; charset=utf-8", b"# a", Media.MARKDOWN),
        ("https://docs.test/a.md", "", b"# a", Media.MARKDOWN),
        ("https://docs.test/a", "text/html; charset=utf-8", PAGE, Media.HTML),
        ("https://docs.test/a", "TEXT/HTML", b"<p>", Media.HTML),
        ("https://docs.test/a.html", "text/plain", b"a", Media.TEXT),
        ("https://docs.test/a", "text/markdown", b"# a", Media.MARKDOWN),
        ("https://docs.test/a", "application/pdf", b"%PDF-1.7", Media.PDF),
        ("https://docs.test/a", "", b"%PDF-1.7", Media.PDF),
        ("https://docs.test/a", "", PAGE, Media.HTML),
        ("https://docs.test/a", "text/plain", b"  \n" + PAGE, Media.HTML),
        ("https://docs.test/a.txt", "text/plain", b"a", Media.TEXT),
    ],
)
def test_the_declared_type_decides_with_the_address_and_the_bytes(
    url: str, kind: str, body: bytes, found: Media
) -> None:
    assert media_of(document(url), kind, body) is found


@pytest.mark.parametrize(
    ("url", "kind", "body", "words"),
    [
        ("https://docs.test/a.md", "text/html", PAGE, "a web page, not Markdown"),
        ("https://docs.test/a.md", "text/markdown", PAGE, "a web page, not Markdown"),
        ("https://docs.test/a.md", "text/plain", b"%PDF-1.7", "a PDF, not Markdown"),
        ("https://docs.test/a.md", "image/png", b"\x89PNG", "image/png"),
        ("https://docs.test/a.md", "application/octet-stream", b"# a", "octet-stream"),
        ("https://docs.test/a", "application/json", b"{}", "application/json"),
        ("https://docs.test/a", "", b"bytes", "no declared type"),
        ("https://docs.test/a.pdf", "text/html", PAGE, "a web page, not a PDF"),
        ("https://docs.test/a", "application/pdf", b"GIF89a", "called a PDF"),
        ("https://docs.test/a.txt", "text/html", b"<p>", "a web page, not plain text"),
    ],
)
def test_what_is_not_the_document_is_a_failure_that_says_what_it_is(
    url: str, kind: str, body: bytes, words: str
) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        media_of(document(url), kind, body)
    assert caught.value.reason == "content-type"


def test_the_owner_decides_where_the_address_says_nothing() -> None:
    assert media_of(document(media=Media.MARKDOWN), "text/plain", b"a") is Media.MARKDOWN
    assert media_of(document(media=Media.TEXT), "text/markdown", b"a") is Media.TEXT
    with pytest.raises(FetchError, match="not a web page"):
        media_of(document(media=Media.HTML), "text/plain", b"a")


def test_an_address_says_what_to_expect() -> None:
    assert expected(document("https://docs.test/a.MD?x=1")) is Media.MARKDOWN
    assert expected(document("https://docs.test/a.html")) is None
    assert expected(document("https://docs.test/a.html", Media.HTML)) is Media.HTML


def test_pages_are_known_by_their_beginning() -> None:
    assert looks_like_page(b"\xef\xbb\xbf\n<!-- a --><HTML lang=en>")
    assert not looks_like_page(b"Write `<html>` first.")
