"""Answers for what went wrong: in the design of the pages, or as JSON where JSON was asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from carnet.errors import AmbiguousError, CarnetError, NotFoundError, StoreError
from carnet.web.rendering import as_json, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TITLES = {
    400: "That cannot be answered",
    401: "Sign in first",
    403: "Refused",
    404: "Not here",
    405: "Not this way",
    421: "Not this host",
    429: "Too many tries",
    500: "Something broke",
    503: "The store cannot be read",
}
TEXTS = {
    403: "This request is refused.",
    404: "There is no page at this address.",
    405: "This address can only be read.",
    500: "Carnet met a fault of its own. Nothing was changed; the log of `carnet serve` has a line on it.",
}
NOT_READ = "Nothing can be read at this address; it answers a form."


def fault(request: Request, status: int, text: str = "", candidates: tuple[str, ...] = ()) -> Response:
    """One fault, said clearly; never a traceback."""
    text = text or TEXTS.get(status, HTTPStatus(status).description)
    if wants_json(request):
        facts: dict[str, object] = {"error": {"status": status, "text": text}}
        if candidates:
            facts["candidates"] = list(candidates)
        return as_json(request, facts, status)
    title = TITLES.get(status, HTTPStatus(status).phrase)
    return page(
        request,
        "fault.html",
        {
            "status": status,
            "title": title,
            "text": text,
            "candidates": candidates,
        },
        status,
    )


def wants_json(request: Request) -> bool:
    path = request.url.path
    return path.endswith(".json") or path.startswith("/api/")


def on_carnet_error(request: Request, error: Exception) -> Response:
    if isinstance(error, AmbiguousError):
        return fault(request, 404, str(error), error.candidates)
    if isinstance(error, NotFoundError):
        return fault(request, 404, str(error))
    if isinstance(error, StoreError):
        return fault(request, 503, str(error))
    return fault(request, 400, str(error))


def on_http_exception(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = fault(request, status, NOT_READ if status == 405 and request.method in {"GET", "HEAD"} else "")
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


HANDLERS = {CarnetError: on_carnet_error, HTTPException: on_http_exception}
