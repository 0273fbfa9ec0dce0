from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.web.feeds.atom import NAMESPACE
from tests.web import sample
from tests.web.sample import START

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from carnet.stores.contract import Store

FEEDS = ("", "/timeline/heron", "/documents/heron/terms")


@pytest.mark.parametrize("place", FEEDS)
def test_atom_and_json_tell_the_same_items(client: TestClient, place: str) -> None:
    atom = client.get(f"{place}/feed.atom")
    json = client.get(f"{place}/feed.json")
    assert atom.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert json.headers["content-type"] == "application/feed+json; charset=utf-8"
    root = ET.fromstring(atom.content)  # noqa: S314 - our own output
    ids = [entry.findtext(f"{{{NAMESPACE}}}id") for entry in root.findall(f"{{{NAMESPACE}}}entry")]
    assert ids == [item["id"] for item in json.json()["items"]]
    assert ids
    assert json.json()["feed_url"] == f"http://127.0.0.1:8417{place}/feed.json"


@pytest.mark.parametrize("place", FEEDS)
@pytest.mark.parametrize("kind", ["atom", "json"])
def test_a_feed_that_is_held_is_not_sent_again(client: TestClient, place: str, kind: str) -> None:
    first = client.get(f"{place}/feed.{kind}")
    for name, value in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        assert client.get(f"{place}/feed.{kind}", headers={name: first.headers[value]}).status_code == 304


def test_a_noise_only_capture_changes_no_feed(client: TestClient, store: Store) -> None:
    before = client.get("/documents/heron/terms/feed.atom").content
    terms = next(one for one in store.documents.documents() if one.name == "terms")
    noisy = sample.INJECTED.replace("https://heron.example/guide?v=2", "https://heron.example/guide?v=3")
    store.documents.record([sample.seen(terms, START + timedelta(days=30), noisy)])
    assert client.get("/documents/heron/terms.json").json()["entries"][-1]["cosmetic"] is True
    assert client.get("/documents/heron/terms/feed.atom").content == before


def test_every_item_leads_to_a_page_that_is_there(client: TestClient) -> None:
    for item in client.get("/feed.json").json()["items"]:
        assert client.get(item["url"].removeprefix("http://127.0.0.1:8417")).status_code == 200


def test_every_page_names_its_feeds(client: TestClient) -> None:
    assert 'type="application/atom+xml" title="All documents" href="/feed.atom"' in client.get("/").text
    assert 'href="/timeline/heron/feed.atom"' in client.get("/timeline/heron").text
    assert 'href="/documents/heron/terms/feed.atom"' in client.get("/documents/heron/terms").text
