"""Pages that stand before a document."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from carnet.documents.capture.extract.walls import wall


def found(html: str, text: str = "Please wait.") -> str:
    return wall(LexborHTMLParser(html), html, text)


@pytest.mark.parametrize(
    "html",
    [
        "<title>Just a moment...</title>",
        "<title>Attention Required!</title>",
        "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script>",
        "<script src='https://geo.captcha-delivery.com/x.js'></script>",
        "<title>Access denied</title>",
    ],
)
def test_bot_checks_are_known_by_title_or_script(html: str) -> None:
    assert "bot check" in found(html)


@pytest.mark.parametrize(
    "html", ["<form><input type=password></form>", "<title>Sign in - Docs</title><form><input name=mail></form>"]
)
def test_sign_in_pages_are_known_by_their_form(html: str) -> None:
    assert "sign-in page" in found(html)


def test_a_document_about_captchas_and_signing_in_is_a_document() -> None:
    assert found("<title>Signing in</title><p>captcha</p>") == ""
    long = "How we treat passwords. " * 100
    assert found("<title>Sign in</title><input type=password><script src='/cdn-cgi/challenge-platform/x'>", long) == ""
