"""The addresses of feeds."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from carnet.web import addresses
from carnet.web.feeds.atom import Feed, atom
from carnet.web.feeds.items import items
from carnet.web.pages.collection import members_of
from carnet.web.rendering import answer
from carnet.web.site import site_of
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.web.site import Site

EMPTY = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without items was last updated: a fixed instant, so that it never looks changed."""


def all_atom(request: Request) -> Response:
    return _as_atom(request, _all(request))


def all_json_feed(request: Request) -> Response:
    return _as_json_feed(request, _all(request))


def collection_atom(request: Request) -> Response:
    return _as_atom(request, _collection(request))


def collection_json_feed(request: Request) -> Response:
    return _as_json_feed(request, _collection(request))


def document_atom(request: Request, site: Site, document: Document) -> Response:
    return _as_atom(request, _document(request, site, document))


def document_json_feed(request: Request, site: Site, document: Document) -> Response:
    return _as_json_feed(request, _document(request, site, document))


def _all(request: Request) -> Feed:
    site = site_of(request)
    return _feed(request, site, site.store.documents.documents(), "Carnet: all documents", "/")


def _collection(request: Request) -> Feed:
    site, name = site_of(request), request.path_params["collection"]
    return _feed(request, site, members_of(site, name), f"Carnet: {name}", addresses.of_collection(name))


def _document(request: Request, site: Site, document: Document) -> Feed:
    title = f"Carnet: {document.full_name}{' [EXAMPLE]' if document.example else ''}"
    return _feed(request, site, [document], title, addresses.of_document(document.full_name))


def _feed(request: Request, site: Site, documents: Sequence[Document], title: str, path: str) -> Feed:
    found = items(site, documents)
    updated = found[0].at if found else EMPTY
    base = str(request.base_url).rstrip("/")
    feed_id = uuid.uuid5(uuid.NAMESPACE_URL, f"carnet feed {path}").urn
    return Feed(feed_id, title, base, path, request.url.path, updated, found)


def _as_atom(request: Request, feed: Feed) -> Response:
    return answer(request, atom(feed), "application/atom+xml; charset=utf-8", 200, feed.updated)


def _as_json_feed(request: Request, feed: Feed) -> Response:
    """https://jsonfeed.org/version/1.1."""
    facts = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.base + feed.page,
        "feed_url": feed.base + feed.address,
        "authors": [{"name": "Carnet"}],
        "language": "en",
        "items": [
            {
                "id": item.id,
                "url": feed.base + item.path,
                "title": item.title,
                "summary": item.summary,
                "content_html": item.html,
                "date_published": rfc3339(item.at),
                "tags": list(item.tags),
            }
            for item in feed.items
        ],
    }
    return answer(request, msgspec.json.encode(facts), "application/feed+json; charset=utf-8", 200, feed.updated)
