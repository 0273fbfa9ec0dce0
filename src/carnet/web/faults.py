"""Answers for what went wrong: in the design of the pages, or as JSON where JSON was asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from carnet.errors import (
    AlreadyThereError,
    AmbiguousError,
    BusyError,
    CarnetError,
    ClockError,
    DamagedError,
    FieldError,
    GoneError,
    NotFoundError,
    StoreError,
    UnreadError,
)
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
    409: "Not now",
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
OF_ERRORS: dict[type[CarnetError], tuple[int, str]] = {
    NotFoundError: (404, ""),
    GoneError: (404, "Nothing is kept"),  # whether it ever was is not known any more, so that it is not 410
    AlreadyThereError: (409, "That name is taken"),
    BusyError: (409, ""),
    StoreError: (503, ""),
    UnreadError: (503, "Not everything could be read"),
    ClockError: (503, "The clock was set back"),
    DamagedError: (500, "This cannot be vouched for"),
}
"""Error -> status and title; empty: the status's own."""
NOT_READ = "Nothing can be read at this address; it answers a form."


def fault(
    request: Request, status: int, text: str = "", candidates: tuple[str, ...] = (), title: str = "", field: str = ""
) -> Response:
    """One fault, said clearly; never a traceback. `field` is the one that cannot be taken."""
    text = text or TEXTS.get(status, HTTPStatus(status).description)
    if wants_json(request):
        error = {"status": status, "text": text} | ({"field": field.replace("-", "_")} if field else {})
        facts: dict[str, object] = {"error": error}
        if candidates:
            facts["candidates"] = list(candidates)
        return as_json(request, facts, status)
    return page(
        request,
        "fault.html",
        {
            "status": status,
            "title": title or TITLES.get(status, HTTPStatus(status).phrase),
            "text": f"{field.replace('-', ' ').capitalize()}: {text}" if field else text,
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
    if isinstance(error, FieldError):
        return fault(request, 400, error.told, field=error.field)
    for kind, (status, title) in OF_ERRORS.items():
        if isinstance(error, kind):
            return fault(request, status, sentence(str(error)), title=title)
    return fault(request, 400, sentence(str(error)))


def sentence(text: str) -> str:
    """What a command prints behind its name stands alone on a page: it begins with a capital letter."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def on_http_exception(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = NOT_READ if status == 405 and request.method in {"GET", "HEAD"} else ""
    if isinstance(error, HTTPException) and error.detail != HTTPStatus(status).phrase:
        text = error.detail
    answer = fault(request, status, text)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


HANDLERS = {CarnetError: on_carnet_error, HTTPException: on_http_exception}
