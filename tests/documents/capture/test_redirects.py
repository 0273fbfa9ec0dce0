"""Which redirects keep the document."""

from __future__ import annotations

import pytest
from yarl import URL

from carnet.documents.capture.redirects import objection, shown

ASKED = "https://docs.test/en/data-usage"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (ASKED, ASKED),
        ("http://docs.test/en/data-usage", ASKED),
        (ASKED, "https://www.docs.test/en/data-usage"),
        (ASKED, "https://docs.test/en/data-usage/"),
        (ASKED, "https://code.test/docs/en/data-usage"),
        (ASKED, "https://docs.test/en/data-usage.html"),
        (f"{ASKED}?v=1", f"{ASKED}?v=1&utm=2"),
        ("http://docs.test/", "https://www.docs.test/"),
        ("https://docs.test/a/", "https://docs.test/a/index.html".replace("/a/index.html", "/b/a")),
        ("https://docs.test/account/login", "https://www.docs.test/account/login"),
    ],
)
def test_another_spelling_or_place_of_the_same_page_is_fine(asked: str, answered: str) -> None:
    assert objection(URL(asked), URL(answered)) == ""


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        ("https://docs.test/en/privacy", "another page"),
        ("https://docs.test/", "another page"),
        ("https://other.test/", "another page"),
        ("https://docs.test/login?next=/en/data-usage", "sign-in"),
        ("https://docs.test/sign-in/data-usage", "sign-in"),
        ("https://accounts.docs.test/data-usage", "sign-in"),
        ("https://docs.test/oauth2/authorize", "sign-in"),
        ("http://docs.test/en/data-usage", "unprotected"),
        ("https://docs.test/en/data-usage.md", "another page"),
    ],
)
def test_another_page_is_named_so_that_it_can_be_watched(answered: str, words: str) -> None:
    found = objection(URL(ASKED), URL(answered))
    assert words in found
    assert answered in found


def test_a_lost_query_is_another_page() -> None:
    assert objection(URL("https://docs.test/page?id=1"), URL("https://docs.test/page?id=2"))
    assert objection(URL("https://docs.test/page?id=1"), URL("https://docs.test/page"))


def test_the_start_page_of_another_host_is_another_page() -> None:
    assert objection(URL("https://docs.test/"), URL("https://else.test/"))


def test_addresses_are_shown_without_credentials_and_bounded() -> None:
    assert shown(URL("https://u:secret@docs.test/a#part")) == "https://docs.test/a"
    assert len(shown(URL(f"https://docs.test/{'a' * 9_000}"))) < 600
