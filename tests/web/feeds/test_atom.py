from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from carnet.web.feeds.atom import NAMESPACE, Feed, atom
from carnet.web.feeds.items import Item

AT = datetime(2026, 4, 24, 7, 49, tzinfo=UTC)
NAME = f"{{{NAMESPACE}}}"


def feed(*items: Item) -> Feed:
    return Feed("urn:uuid:1", "Carnet", "http://127.0.0.1:8417", "/", "/feed.atom", AT, items)


def item(text: str) -> Item:
    return Item("urn:uuid:2", text, AT, "/documents/a/b", text, text, ("tag",))


def test_a_feed_has_everything_the_standard_asks_for() -> None:
    root = ET.fromstring(atom(feed(item("x"))))  # noqa: S314 - our own output
    assert root.tag == f"{NAME}feed"
    for name in ("id", "title", "updated", "author"):
        assert len(root.findall(f"{NAME}{name}")) == 1, name
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{NAME}link")} == {
        "self": "http://127.0.0.1:8417/feed.atom",
        "alternate": "http://127.0.0.1:8417/",
    }
    entry = root.find(f"{NAME}entry")
    assert entry is not None
    for name in ("id", "title", "updated", "published", "summary", "content"):
        assert len(entry.findall(f"{NAME}{name}")) == 1, name
    assert entry.findtext(f"{NAME}updated") == "2026-04-24T07:49:00Z"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_makes_well_formed_xml_that_reads_back(text: str) -> None:
    content = ET.fromstring(atom(feed(item(text)))).find(f"{NAME}entry/{NAME}content")  # noqa: S314 - our own output
    assert content is not None
    assert content.get("type") == "html"
    read = content.text or ""
    assert len(read) == len(text.replace("\r\n", "\n")) or "\r" in text
    assert "<" not in text or "<" in read
