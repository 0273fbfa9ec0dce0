"""Everything under /documents/: the path is read first, then the page it names answers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse

from carnet.documents.lookup import find_document
from carnet.errors import NotFoundError
from carnet.web import addresses
from carnet.web.addresses import Kind, read_address
from carnet.web.feeds.pages import document_atom, document_json_feed
from carnet.web.pages.annotated import annotated_json, annotated_page
from carnet.web.pages.comparison import comparison, comparison_json
from carnet.web.pages.document import timeline, timeline_json
from carnet.web.pages.version import version, version_file, version_json
from carnet.web.site import site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.web.site import Site

OF_A_DOCUMENT: Mapping[tuple[Kind, bool], Callable[[Request, Site, Document], Response]] = {
    (Kind.TIMELINE, False): timeline,
    (Kind.TIMELINE, True): timeline_json,
    (Kind.ATOM, False): document_atom,
    (Kind.JSON_FEED, False): document_json_feed,
}
"""Pages by kind and whether the JSON twin is asked for."""

OF_VERSIONS: Mapping[tuple[Kind, bool], Callable[[Request, Site, Document, str], Response]] = {
    (Kind.COMPARISON, False): comparison,
    (Kind.COMPARISON, True): comparison_json,
    (Kind.VERSION, False): version,
    (Kind.VERSION, True): version_json,
    (Kind.TEXT, False): version_file,
    (Kind.ANNOTATED, False): annotated_page,
    (Kind.ANNOTATED, True): annotated_json,
}
"""Pages that also need to know which versions."""


def below(request: Request) -> Response:
    """`/documents/{collection}/{name}` and what stands below it."""
    site, rest = site_of(request), request.path_params["rest"].strip("/")
    documents = {document.full_name: document for document in site.store.documents.documents()}
    try:
        address = read_address(rest, set(documents))
    except NotFoundError:
        if full := _full_address(site, rest):
            return RedirectResponse(full, 307)
        raise
    document, asked = documents[address.document], (address.kind, address.json)
    if asked in OF_A_DOCUMENT:
        return OF_A_DOCUMENT[asked](request, site, document)
    return OF_VERSIONS[asked](request, site, document, address.span)


def _full_address(site: Site, rest: str) -> str | None:
    """Full address for a short name (`/documents/data-usage/...`), where it names one document."""
    name, slash, tail = rest.partition("/")
    try:
        document = find_document(site.store.documents, name)
    except NotFoundError:
        return None
    return addresses.of_document(document.full_name) + slash + quote(tail, safe="/:")
