from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_a_short_name_leads_to_the_full_address(client: TestClient) -> None:
    found = client.get("/documents/terms/2026-04-01..2026-04-03", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (307, "/documents/heron/terms/2026-04-01..2026-04-03")


def test_a_final_slash_changes_nothing(client: TestClient) -> None:
    assert client.get("/documents/heron/terms/").status_code == 200


def test_a_short_name_never_leads_to_another_site(client: TestClient) -> None:
    for path in ("/documents/terms//evil.example", "/documents//evil.example/terms", "/documents/terms/%0d%0aX:1"):
        found = client.get(path, follow_redirects=False)
        assert found.status_code == 404 or found.headers["location"].startswith("/documents/heron/terms/")
        assert "x" not in found.headers


def test_a_name_with_slashes_and_markup_has_pages_of_its_own(client: TestClient) -> None:
    path = "/documents/heron/guides/%3Cb%3Ehostile%3C/b%3E"
    for tail in ("", ".json", "/feed.atom", "/feed.json", "/at/2026-04-01", "/2026-04-01..2026-04-03"):
        assert client.get(path + tail).status_code == 200, tail
