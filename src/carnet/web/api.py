"""The as-of API: names may be short or full, instants are dates, instants or digests; every answer is JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.answers import documents_answer
from carnet.documents.lookup import find_document
from carnet.web.pages.comparison import comparison_json
from carnet.web.pages.document import timeline_json
from carnet.web.pages.version import version_json
from carnet.web.rendering import as_json
from carnet.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.web.site import Site


def documents(request: Request) -> Response:
    """`GET /api/documents`."""
    store = site_of(request).store.documents
    return as_json(request, documents_answer(store, store.documents()))


def versions(request: Request) -> Response:
    """`GET /api/documents/{name}/versions/{instant}`."""
    site, document = _asked(request)
    return version_json(request, site, document, request.path_params["instant"])


def diff(request: Request) -> Response:
    """`GET /api/documents/{name}/diff/{old}..{new}`."""
    site, document = _asked(request)
    return comparison_json(request, site, document, request.path_params["span"])


def timeline(request: Request) -> Response:
    """`GET /api/documents/{name}/timeline`."""
    site, document = _asked(request)
    return timeline_json(request, site, document)


def _asked(request: Request) -> tuple[Site, Document]:
    site = site_of(request)
    return site, find_document(site.store.documents, request.path_params["name"])
