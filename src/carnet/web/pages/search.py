"""Words in every version: where they first appeared, and when they vanished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.answers import search_answer
from carnet.documents.search import search
from carnet.errors import CarnetError
from carnet.web import addresses
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.model.found import Found, Spell

LONGEST = 300
"""Characters of a phrase; a longer one is no phrase a person looks for."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time in which the words stood there, as addresses."""

    spell: Spell
    came: str
    """The first version with them."""
    went: str
    """The change that took them away; empty while they stand."""


@dataclass(frozen=True, slots=True)
class Result:
    """One document that holds or held the words."""

    document: Document
    found: Found
    base: str
    stays: tuple[Stay, ...]


def search_page(request: Request) -> Response:
    """`/search?q=` and its JSON twin."""
    site = site_of(request)
    words = " ".join(request.query_params.get("q", "").split())
    if len(words) > LONGEST:
        raise CarnetError(f"These words are too long to look for: {len(words)} characters, {LONGEST} at most.")
    where = request.query_params.get("collection", "")
    documents = {document.full_name: document for document in site.store.documents.documents()}
    collections = sorted({document.collection for document in documents.values()})
    found = search(site.store.documents, words, where or None) if words else []
    if asks_json(request):
        return as_json(request, search_answer(words, found))
    results = [_result(documents[one.document], one) for one in found]
    view = {"words": words, "results": results, "collections": collections, "collection": where}
    return page(request, "search.html", view)


def _result(document: Document, found: Found) -> Result:
    stays = (Stay(one, _came(document, one.first_at), _went(document, one.vanished_at)) for one in found.spells)
    return Result(document, found, addresses.of_document(document.full_name), tuple(stays))


def _came(document: Document, at: datetime) -> str:
    return addresses.of_version(document.full_name, addresses.instant(at))


def _went(document: Document, at: datetime | None) -> str:
    """The change that took the words away: the version of that instant against the one before it."""
    return addresses.of_pair(document.full_name, "", addresses.instant(at)) if at else ""
