"""From a view to a response: Jinja2 with escaping everywhere, validators, JSON twins."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

import carnet
from carnet.documents.render.page import stylesheet
from carnet.policy.words import fact_name
from carnet.web import addresses, words
from carnet.web.admission import credential_of
from carnet.web.asking import day_query, packs_with_rules
from carnet.web.lacking import lacking_answer, lacking_words, to_do
from carnet.web.wording import either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def templates() -> Environment:
    """The one template environment: escaping on, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "long_instant": words.long_instant,
        "day_label": words.day_label,
        "month_label": words.month_label,
        "rfc3339": words.rfc3339,
        "lasting": words.lasting,
        "ahead": words.ahead,
        "moment": words.moment,
        "size_label": words.size_label,
        "key": addresses.instant,
        "day_only": words.day_only,
        "breakable": words.breakable,
        "either": either,
        "fact": fact_name,
    }
    environment.globals |= {
        "counted": words.counted,
        "version_of_carnet": carnet.__version__,
        "static": static_url,
        "all_packs": packs_with_rules,
        "day_query": day_query,
    }
    return environment


@cache
def static_url(name: str) -> str:
    """Address of a static file; its hash is part of it, so that a browser may keep it for good."""
    return f"/static/{name}?{hashlib.blake2b(static_bytes(name), digest_size=6).hexdigest()}"


@cache
def static_bytes(name: str) -> bytes:
    """A static file; the style sheet of comparisons is the renderer's own (one renderer for page, feed and file)."""
    if name == "comparison.css":
        return stylesheet().encode()
    return (STATIC / name).read_bytes()


def page(
    request: Request, template: str, view: Mapping[str, object], status: int = 200, changed: datetime | None = None
) -> Response:
    """Render a template; the frame marks the request's place in the navigation. `view` is the template's own."""
    frame = {
        "lacking": lacking_words(request) if status < 400 else "",
        "to_do": to_do(request),
        "path": request.url.path,
        "here": f"{request.url.scheme}://{request.url.netloc}",
        "query": request.query_params,
        "signed_in": credential_of(request) == "session",
        "holder": "caller" in request.scope.get("state", {}),
        "may_sign_in": request.scope.get("state", {}).get("near", False) and not credential_of(request),
    }
    body = templates().get_template(template).render({**view, **frame})
    return answer(request, body.encode("utf-8", "replace"), "text/html; charset=utf-8", status, changed)


def as_json(
    request: Request, facts: Mapping[str, object], status: int = 200, changed: datetime | None = None
) -> Response:
    whole = {**lacking_answer(request), **facts}
    body = msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"
    return answer(request, body, "application/json", status, changed)


def answer(
    request: Request, body: bytes, media_type: str, status: int = 200, changed: datetime | None = None
) -> Response:
    """A response with validators, or 304 where a reader holds the same bytes; what was done is always answered."""
    headers = {"ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', "Cache-Control": "no-cache"}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if status == 200 and request.method in {"GET", "HEAD"} and _held(request, headers["ETag"], changed):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers | {"Content-Type": media_type})


def _held(request: Request, etag: str, changed: datetime | None) -> bool:
    """RFC 9110: If-Modified-Since counts only where there is no If-None-Match."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
