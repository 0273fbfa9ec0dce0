"""What a server answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Headers = tuple[tuple[str, str], ...]

KEPT = (
    "content-type",
    "etag",
    "last-modified",
    "date",
    "cache-control",
    "content-language",
    "retry-after",
    "cf-mitigated",
    "via",
)
"""Response headers kept with a capture: evidence, and what the next conditional request needs."""

_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that says something about the document: it is there, unchanged, or not there."""

    status: int
    url: str
    """Address that answered, after redirects."""
    headers: Headers
    """The kept ones; a `location` for each redirect on the way."""
    body: bytes = b""

    def header(self, name: str) -> str:
        return header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a request conditional: bound to the address that gave them."""

    url: str
    etag: str
    last_modified: str


class StatusError(FetchError):
    """Raised for an answer that says nothing about the document; keeps what the capture records of it."""

    def __init__(self, message: str, reason: str, status: int, headers: Headers, after: float | None = None) -> None:
        super().__init__(message, reason)
        self.status = status
        self.headers = headers
        self.after = after
        """Seconds the server asks us to wait."""


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The last value of a header; empty where there is none."""
    return next((value for key, value in reversed(tuple(headers)) if key == name), "")


def kept(headers: Mapping[str, str], ways: Iterable[str]) -> Headers:
    """The headers to keep of a response, and the redirects that led to it."""
    found = ((name, headers.get(name)) for name in KEPT)
    return (
        *(("location", way[:_LONGEST]) for way in ways),
        *((name, value[:_LONGEST]) for name, value in found if value is not None),
    )
