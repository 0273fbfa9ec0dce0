"""What a check and a fetch come to, and within what bounds."""

from __future__ import annotations

from dataclasses import dataclass

from carnet.errors import CarnetError


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a host may be fetched from."""

    allowed: bool
    reason: str
    """Stable id: passed, skipped, cached; refused, unreachable, denied, ask, not-allowed, settings, no-host, …"""
    words: str
    """Why, for people."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long, how large and how far."""

    seconds: float = 30.0
    """For a whole fetch: its checks, every redirect, the last byte."""
    check_seconds: float = 10.0
    """For one question to the domain check."""
    most_bytes: int = 10_000_000
    """Of a page, before and after decompression."""
    redirects: int = 5
    remembered: int = 128
    """Hosts whose answer is remembered."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came."""

    url: str
    """Where it came from in the end."""
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """Decompressed."""

    def header(self, name: str) -> str:
        """A header's first value; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class NotFetchedError(CarnetError):
    """Raised when a page is not fetched; `reason` is a stable id, the text says why without naming path or query."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
