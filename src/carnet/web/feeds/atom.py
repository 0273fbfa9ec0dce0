"""Items as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.web.feeds.items import Item

NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself."""

    id: str
    title: str
    base: str
    """Scheme and host of this server, without a final slash."""
    page: str
    """Path of the page it belongs to."""
    address: str
    """Path of the feed itself."""
    updated: datetime
    items: Sequence[Item]


def atom(feed: Feed) -> bytes:
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "en"})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", rfc3339(feed.updated))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.base + feed.address})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.base + feed.page})
    _add(ET.SubElement(root, "author"), "name", "Carnet")
    _add(root, "generator", "Carnet")
    for item in feed.items:
        _entry(root, feed, item)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _entry(root: ET.Element, feed: Feed, item: Item) -> None:
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", item.id)
    _add(entry, "title", item.title)
    _add(entry, "published", rfc3339(item.at))
    _add(entry, "updated", rfc3339(item.at))
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": feed.base + item.path})
    for tag in item.tags:
        ET.SubElement(entry, "category", {"term": tag})
    _add(entry, "summary", item.summary)
    _add(entry, "content", item.html).set("type", "html")


def _add(above: ET.Element, name: str, text: str) -> ET.Element:
    """Characters XML cannot carry become the replacement character; ElementTree escapes the rest."""
    element = ET.SubElement(above, name)
    element.text = _NOT_XML.sub("\ufffd", text)
    return element
