"""What is asked of the extracting process, and what it gives back."""

from __future__ import annotations

import msgspec


class Order(msgspec.Struct, frozen=True, array_like=True):
    """Bytes to get the text of."""

    media: str
    body: bytes
    url: str = ""
    """Address that relative links are read against."""
    charset: str = ""
    """As the Content-Type says; empty where it does not."""
    selector: str = ""
    filters: tuple[str, ...] = ()
    seconds: float = 10.0
    """Processor time it may take."""


class Yield(msgspec.Struct, frozen=True, array_like=True):
    """The text, or why there is none."""

    text: bytes = b""
    fault: str = ""
    reason: str = ""
