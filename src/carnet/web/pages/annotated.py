"""One version with the rules that cite it in its margin; the text comes from the local store alone."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from carnet.documents.compare import version_text
from carnet.documents.lookup import version_for
from carnet.errors import NotFoundError
from carnet.packs import load
from carnet.policy.history import covering, end_of
from carnet.web import addresses
from carnet.web.margins import BEYOND, CITED, PASSAGE, UNCOVERED, margins
from carnet.web.rendering import as_json, page
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.document import Document, Version
    from carnet.packs import Pack
    from carnet.web.margins import Margins, Spot
    from carnet.web.site import Site


def annotated_page(request: Request, site: Site, document: Document, instant: str) -> Response:
    """`/documents/{collection}/{name}/annotated/{instant}`."""
    pack, version, found = _read(site, document, instant)
    versions = site.store.documents.versions(document.id)
    keys = addresses.keys(versions)
    beside = {
        word: (one, addresses.of_annotated(document.full_name, keys[one.number]))
        for word, number in (("before", version.number - 1), ("after", version.number + 1))
        for one in versions
        if one.number == number
    }
    return page(
        request,
        "annotated.html",
        {
            "document": document,
            "base": addresses.of_document(document.full_name),
            "pack": pack,
            "version": version,
            "key": keys[version.number],
            "count": len(versions),
            "before": beside.get("before"),
            "after": beside.get("after"),
            "margins": found,
            "counts": {kind: found.count(kind) for kind in (CITED, UNCOVERED, PASSAGE, BEYOND)},
            "stale": found.stale if _last_of_its_day(site, document, version) else (),
        },
        changed=version.at,
    )


def annotated_json(request: Request, site: Site, document: Document, instant: str) -> Response:
    """The JSON twin."""
    pack, version, found = _read(site, document, instant)
    stale = found.stale if _last_of_its_day(site, document, version) else ()
    facts: dict[str, object] = {
        "document": document.full_name,
        "pack": pack.id,
        "version": version.digest,
        "at": rfc3339(version.at),
        "rules_of": found.day.isoformat(),
        "coverage": None if found.coverage is None else round(found.coverage, 1),
        "sentences": {"weighed": found.weighed, **{kind: found.count(kind) for kind in (CITED, UNCOVERED, PASSAGE)}},
        "cited": [_fact(one) for one in found.spots if one.kind == CITED],
        "uncovered": [_fact(one) for one in found.spots if one.kind == UNCOVERED],
        "stale": [{"rule": rule.id, "section": cite.section, "fingerprint": cite.fingerprint} for rule, cite in stale],
    }
    return as_json(request, facts, 200, version.at)


def _fact(one: Spot) -> dict[str, object]:
    return {
        "fingerprint": one.sentence.fingerprint,
        "section": list(one.sentence.section),
        "line": one.sentence.line,
        "rules": [rule.id for rule in one.rules],
    }


def _read(site: Site, document: Document, instant: str) -> tuple[Pack, Version, Margins]:
    pack = covering(site.store.documents, document, load())
    if pack is None:
        raise NotFoundError(f"No pack has rules that speak of {document.full_name}, so there is nothing to annotate.")
    version = version_for(site.store.documents, document, instant)
    text = version_text(site.store.documents, version)
    return pack, version, margins(pack, document, text, version.at.astimezone(UTC).date())


def _last_of_its_day(site: Site, document: Document, version: Version) -> bool:
    """Rules are dated by day: of an earlier version of the same day nobody can say that it lost a sentence."""
    standing = site.store.documents.version_at(document.id, end_of(version.at.astimezone(UTC).date()))
    return standing is not None and standing.number == version.number
