"""The few files pages need: three style sheets of ours, the renderer's, one script, one icon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from carnet.web.rendering import answer, static_bytes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FILES = {
    "carnet.css": "text/css; charset=utf-8",
    "comparison.css": "text/css; charset=utf-8",
    "policy.css": "text/css; charset=utf-8",
    "records.css": "text/css; charset=utf-8",
    "carnet.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}


def static(request: Request) -> Response:
    """`/static/{name}`: a closed list, so that no path can lead elsewhere."""
    name = request.path_params["name"]
    if name not in FILES:
        raise HTTPException(404)
    found = answer(request, static_bytes(name), FILES[name])
    if request.url.query:  # the hash of the content stands in the address
        found.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return found
