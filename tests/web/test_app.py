from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from carnet.settings import load
from carnet.stores import open_store
from carnet.web.app import make_app

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (
    "/",
    "/timeline/heron",
    "/timeline/heron/2026-04-01..2026-04-03",
    "/timeline/heron/start..2026-04-03",
    "/documents/heron/terms",
    "/documents/heron/terms/2026-04-01..2026-04-03",
    "/documents/heron/terms/at/2026-04-01",
    "/documents/heron/away",
    "/documents/heron/away/at/2026-04-21",
    "/documents/heron/away/2026-04-01..2026-04-21",
    "/documents/heron/never",
    "/documents/heron/held",
    "/documents/heron/waiting",
    "/documents/lark/data-usage",
    "/search?q=telemetry",
    "/about",
    "/matrix",
    "/matrix?as_of=2026-04-23&env.DISABLE_TELEMETRY=1",
    "/explain/survey?as_of=2026-04-23",
    "/flows?as_of=2026-04-23&provider=bedrock",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_and_its_json_twin_answer(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    bare, mark, query = path.partition("?")
    twin = client.get(("/index.json" if bare == "/" else f"{bare}.json") + mark + query)
    assert (twin.status_code, twin.headers["content-type"]) == (200, "application/json")
    assert isinstance(twin.json(), dict)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_answered_with_304_when_held(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", PAGES)
def test_no_page_asks_another_host_for_anything(client: TestClient, path: str) -> None:
    text = client.get(path).text
    for start in (
        'src="http',
        'src="//',
        'rel="stylesheet" href="http',
        "<iframe",
        "<object",
        "<embed",
        "@import",
    ):
        assert start not in text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/matrix",
        "/flows",
        "/explain/metrics",
        "/search?q=x",
        "/about",
        "/feed.atom",
        "/feed.json",
        "/api/documents",
    ],
)
def test_pages_render_with_nothing_in_the_store(empty: TestClient, path: str) -> None:
    assert empty.get(path).status_code == 200


def test_an_empty_store_says_how_to_begin(empty: TestClient) -> None:
    text = empty.get("/").text
    assert "Nothing is watched yet" in text
    assert "carnet watch" in text


def test_two_applications_in_one_process_share_nothing(client: TestClient, tmp_path: Path) -> None:
    settings = load({}, tmp_path / "none.toml").with_option("data", str(tmp_path / "other"))
    other = open_store(settings)
    with TestClient(make_app(other, settings), base_url="http://localhost") as second:
        assert second.get("/api/documents").json() == {"documents": []}
        assert client.get("/api/documents").json() != {"documents": []}
    other.close()


def test_head_answers_like_get_without_a_body(client: TestClient) -> None:
    found = client.head("/documents/heron/terms")
    assert (found.status_code, found.content) == (200, b"")
