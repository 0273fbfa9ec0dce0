from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.sample import FIRST

if TYPE_CHECKING:
    from starlette.testclient import TestClient

TERMS = "/documents/heron/terms"


def test_a_version_is_rendered_with_its_neighbours(client: TestClient) -> None:
    text = client.get(f"{TERMS}/at/2026-04-03").text
    assert "Version 2 of 6" in text
    assert "sixty days" in text
    assert f'rel="prev" href="{TERMS}/at/2026-04-01T0709"' in text
    assert f'rel="next" href="{TERMS}/at/2026-04-05T0909"' in text
    assert f'href="{TERMS}/2026-04-01T0709..2026-04-03T0809"' in text


def test_the_text_is_downloaded_byte_for_byte_and_never_shown(client: TestClient) -> None:
    found = client.get(f"{TERMS}/at/2026-04-01.txt")
    assert found.content == FIRST.encode()
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    assert found.headers["content-disposition"] == 'attachment; filename="terms-2026-04-01T0709Z.txt"'


def test_a_hostile_name_makes_a_harmless_file_name(client: TestClient) -> None:
    found = client.get("/documents/heron/guides/%3Cb%3Ehostile%3C/b%3E/at/2026-04-01.txt")
    assert found.headers["content-disposition"].startswith('attachment; filename="guides--b-hostile--b--2026')


def test_the_json_twin_has_text_and_sentences(client: TestClient) -> None:
    found = client.get(f"{TERMS}/at/2026-04-01.json").json()
    assert found["text"] == FIRST
    assert "Heron keeps your prompts for thirty days." in [one["text"] for one in found["sentences"]]


def test_a_document_that_is_gone_has_a_page_that_says_so(client: TestClient) -> None:
    assert "was not at its address any more" in client.get("/documents/heron/away/at/2026-04-21").text
