"""Two versions of a document compared: the page the product is known by, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from carnet.documents.answers import comparison_answer
from carnet.documents.compare import compare, version_text
from carnet.documents.lookup import pair_for
from carnet.documents.noise import carries_instructions
from carnet.documents.render.changes import changes_html
from carnet.documents.render.side_by_side import side_by_side_html
from carnet.documents.render.whole import whole_html
from carnet.documents.transitions import reverts
from carnet.errors import CarnetError
from carnet.policy.history_effect import document_effect_answer
from carnet.web import addresses
from carnet.web.effects import effect_of
from carnet.web.rail import jumps, rail
from carnet.web.rendering import as_json, page
from carnet.web.words import long_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.difference import Comparison
    from carnet.model.document import Document, Version
    from carnet.web.site import Site

VIEWS = {"whole": "Whole document", "side": "Side by side", "changes": "Changes only"}


@dataclass(frozen=True, slots=True)
class Around:
    """The neighbours of a pair in the document's own timeline, as addresses; empty where there is none."""

    before: str
    after: str
    swapped: str
    permalink: str
    undone: str
    """Date of the version that takes the newer text back; empty where none does."""
    same_as: str
    """Date of the earlier version the newer text equals; empty where it is new."""
    old_key: str
    new_key: str


def comparison(request: Request, site: Site, document: Document, span: str) -> Response:
    """`/documents/{collection}/{name}/{old}..{new}`."""
    view = request.query_params.get("view", "whole")
    if view not in VIEWS:
        raise CarnetError(f"There is no view {view[:40]!r}; there are {', '.join(VIEWS)}.")
    found, old_text, new_text = read(site, document, span)
    versions = site.store.documents.versions(document.id)
    return page(
        request,
        "comparison.html",
        {
            "document": document,
            "base": addresses.of_document(document.full_name),
            "comparison": found,
            "same": found.old.digest == found.new.digest,
            "header": header(document, found),
            "view": view,
            "views": VIEWS,
            "around": _around(document, versions, found),
            "injected": _injected(found, old_text, new_text),
            "rail": rail(site, document, found),
            "jumps": jumps(found),
            "effect": effect_of(site, document, found, (old_text, new_text)),
            "body": _body(view, document, found, old_text, new_text),
        },
        changed=max(found.old.at, found.new.at),
    )


def _body(view: str, document: Document, found: Comparison, old_text: bytes, new_text: bytes) -> Markup:
    """Safe as markup: the renderer escapes every character of the documents and emits marks of its own only."""
    if view == "whole":
        return Markup(whole_html(found, old_text, new_text, document.media))  # noqa: S704
    draw = side_by_side_html if view == "side" else changes_html
    return Markup(draw(found, old_text, new_text))  # noqa: S704


def comparison_json(request: Request, site: Site, document: Document, span: str) -> Response:
    """The JSON twin, and `GET /api/documents/{name}/diff/{old}..{new}`."""
    found, *texts = read(site, document, span)
    effect = effect_of(site, document, found, (texts[0], texts[1]))
    told = document_effect_answer(effect.found) if effect else None
    return as_json(request, {**comparison_answer(found), "effect": told}, 200, max(found.old.at, found.new.at))


def read(site: Site, document: Document, span: str) -> tuple[Comparison, bytes, bytes]:
    """The comparison a span names, with both texts."""
    old, new = pair_for(site.store.documents, document, span)
    old_text, new_text = version_text(site.store.documents, old), version_text(site.store.documents, new)
    return compare(document.full_name, old, new, old_text, new_text), old_text, new_text


def header(document: Document, found: Comparison) -> str:
    """`data-usage 2026-04-22 03:58 UTC to 2026-04-24 07:49 UTC · 13 added, 4 removed`, as on the founding page."""
    times = f"{long_instant(found.old.at)} to {long_instant(found.new.at)}"
    return f"{document.name} {times} · {found.added} added, {found.removed} removed"


def _injected(found: Comparison, old_text: bytes, new_text: bytes) -> bool:
    """True when the later text gives a reader's agent orders and the earlier one did not."""
    if found.old.number > found.new.number:
        old_text, new_text = new_text, old_text
    return carries_instructions(new_text) and not carries_instructions(old_text)


def _around(document: Document, versions: Sequence[Version], found: Comparison) -> Around:
    # Of the steps between versions nothing is asked here: deriving all of a long history takes a second.
    keys = addresses.keys(versions)
    older, newer = sorted((found.old.number, found.new.number))
    return Around(
        before=_pair(document, keys, older - 1, older),
        after=_pair(document, keys, newer, newer + 1),
        swapped=_pair(document, keys, found.new.number, found.old.number),
        permalink=_pair(document, keys, found.old.number, found.new.number),
        undone=_date(versions, newer + 1 if _back(versions, newer + 1) == newer - 1 else None),
        same_as=_date(versions, _back(versions, newer)),
        old_key=keys[found.old.number],
        new_key=keys[found.new.number],
    )


def _back(versions: Sequence[Version], number: int) -> int | None:
    """Number of the earlier version whose text this one takes back."""
    at = next((at for at, one in enumerate(versions) if one.number == number), None)
    return None if at is None else reverts(versions[:at], versions[at])


def _pair(document: Document, keys: Mapping[int, str], old: int, new: int) -> str:
    return addresses.of_pair(document.full_name, keys[old], keys[new]) if old in keys and new in keys else ""


def _date(versions: Sequence[Version], number: int | None) -> str:
    return next((long_instant(one.at) for one in versions if one.number == number), "") if number else ""
