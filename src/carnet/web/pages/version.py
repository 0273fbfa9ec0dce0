"""One version of a document, rendered; its canonical text as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from carnet.documents.answers import version_answer
from carnet.documents.compare import version_text
from carnet.documents.lookup import version_for
from carnet.documents.render.document import document_html
from carnet.documents.sentences import sentences
from carnet.packs import load
from carnet.policy.history import covering
from carnet.web import addresses
from carnet.web.rendering import answer, as_json, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document
    from carnet.web.site import Site


def version(request: Request, site: Site, document: Document, instant: str) -> Response:
    """`/documents/{collection}/{name}/at/{instant}`."""
    one = version_for(site.store.documents, document, instant)
    versions = site.store.documents.versions(document.id)
    keys = addresses.keys(versions)
    before = next((v for v in versions if v.number == one.number - 1), None)
    after = next((v for v in versions if v.number == one.number + 1), None)
    text = version_text(site.store.documents, one)
    # Safe: the renderer escapes every character of the document and emits marks of its own only.
    body = Markup(document_html(text, document.media))  # noqa: S704
    return page(
        request,
        "version.html",
        {
            "document": document,
            "base": addresses.of_document(document.full_name),
            "version": one,
            "key": keys[one.number],
            "count": len(versions),
            "before": before and (before, addresses.of_version(document.full_name, keys[before.number])),
            "after": after and (after, addresses.of_version(document.full_name, keys[after.number])),
            "changes": before and addresses.of_pair(document.full_name, keys[before.number], keys[one.number]),
            "body": body,
            "covered": covering(site.store.documents, document, load()) is not None,
        },
        changed=one.at,
    )


def version_json(request: Request, site: Site, document: Document, instant: str) -> Response:
    """The JSON twin, and `GET /api/documents/{name}/versions/{instant}`."""
    one = version_for(site.store.documents, document, instant)
    text = version_text(site.store.documents, one)
    return as_json(request, version_answer(document, one, text, sentences(text)), 200, one.at)


def version_file(request: Request, site: Site, document: Document, instant: str) -> Response:
    """The canonical text, byte for byte, never shown as anything but text."""
    one = version_for(site.store.documents, document, instant)
    found = answer(request, version_text(site.store.documents, one), "text/plain; charset=utf-8", 200, one.at)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in document.name)
    found.headers["Content-Disposition"] = f'attachment; filename="{name}-{one.at:%Y-%m-%dT%H%M}Z.txt"'
    return found
