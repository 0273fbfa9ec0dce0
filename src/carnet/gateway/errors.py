"""Every refusal, in the Messages API's own shape."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import msgspec

KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    505: "invalid_request_error",
    529: "overloaded_error",
}
"""Status -> the API's own word; other statuses below 500 are invalid requests, from 500 on the API's faults."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is answered by us and not by an upstream."""

    status: int
    message: str
    """For the client's user: what happened and what to do. It never repeats what the client sent."""
    why: str = "policy"
    """Stable id, for metrics."""
    retry_after: int | None = None
    """Seconds."""
    final: bool = False
    """Asking again changes nothing. Clients ask again after a 401, for minutes and without a word to their user."""

    @property
    def kind(self) -> str:
        return KINDS.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")


class MalformedError(Exception):
    """Raised when bytes are no HTTP that we accept; `refused` is the answer to them."""

    def __init__(self, message: str, status: int = 400, why: str = "malformed") -> None:
        super().__init__(message)
        self.refused = Refused(status, message, why)


def shaped(refused: Refused) -> bytes:
    """The body of a refusal."""
    error = {"type": refused.kind, "message": f"Carnet: {refused.message}"}
    return msgspec.json.encode({"type": "error", "error": error})


def answer(refused: Refused, body: bytes, *, bodyless: bool = False, closing: bool = False) -> bytes:
    """The whole response; `bodyless` answers a HEAD, `closing` says that no further request is read."""
    head = [
        b"HTTP/1.1 %d %s" % (refused.status, phrase(refused.status)),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
    ]
    if refused.retry_after is not None:
        head.append(b"retry-after: %d" % refused.retry_after)
    if refused.final:
        head.append(b"x-should-retry: false")
    if closing:
        head.append(b"connection: close")
    return b"\r\n".join((*head, b"", b"" if bodyless else body))


def phrase(status: int) -> bytes:
    """The words behind a status; 529 is the API's own."""
    if status == 529:
        return b"Overloaded"
    return HTTPStatus(status).phrase.encode()
