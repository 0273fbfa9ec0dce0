"""Formats of model traffic: what differs between one API and another. The first and only one: Messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.gateway.errors import shaped
from carnet.gateway.heads import HOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.gateway.errors import Refused
    from carnet.gateway.heads import RequestHead

OURS = HOP | {b"host", b"content-length", b"expect"}
"""Of a request, and never passed on as they came."""

ID = rb"[A-Za-z0-9][A-Za-z0-9._:@-]*"
"""One segment of a path that stands for an id; nothing that another reader could take for `..` or a slash."""


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that may be asked of an upstream. What is no route is answered here, with 404."""

    name: str
    """Stable id, for records and metrics."""
    method: bytes
    path: bytes
    """As it is, or a pattern where it has a parenthesis."""
    feature: str = ""
    """Relayed only where the admission grants this feature; empty: it needs none.
    Files and batches are shared by all who share the upstream's key, so a relay does not give them by itself.
    """
    pattern: re.Pattern[bytes] | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.path) if b"(" in self.path else None)


@dataclass(frozen=True, slots=True)
class Format:
    """One API: its paths, how credentials are shown, what its own headers are called, the shape of its errors."""

    name: str
    routes: tuple[Route, ...]
    credentials: tuple[bytes, ...]
    """Lower-case names of headers that carry one. None of them ever reaches an upstream."""
    session: bytes
    """Lower-case name of the header with the session's id. Sent by the client: correlation, never authorization."""
    agent: bytes
    parent: bytes
    error: Callable[[Refused], bytes]
    changed: frozenset[bytes] = field(init=False, compare=False, repr=False)
    """Headers of a request that do not go on as they came."""
    exact: dict[tuple[bytes, bytes], Route] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        exact = {(route.method, route.path): route for route in self.routes if route.pattern is None}
        object.__setattr__(self, "exact", exact)
        object.__setattr__(self, "changed", OURS | set(self.credentials))

    def route(self, method: bytes, path: bytes) -> Route | None:
        """What a request asks for; None: nothing that is relayed."""
        found = self.exact.get((method, path))
        if found is not None:
            return found
        for route in self.routes:
            if route.pattern is not None and route.method == method and route.pattern.fullmatch(path):
                return route
        return None

    def shown(self, head: RequestHead) -> tuple[bytes, ...]:
        """The different credentials a request shows: the key itself, without `Bearer`. Clients may show one twice."""
        # no header of these comes twice: see heads.SINGLE
        found = [_bare(name, head.fields[name]) for name in self.credentials if name in head.fields]
        return tuple(dict.fromkeys(key for key in found if key))


def _bare(name: bytes, value: bytes) -> bytes:
    value = value.strip(b" \t")
    if name != b"authorization":
        return value
    scheme, _, key = value.partition(b" ")
    # Another scheme is no key of ours: keep it whole, so that it is compared with nothing by accident.
    return key.strip(b" ") if scheme.lower() == b"bearer" else value


_BATCHES = b"/v1/messages/batches"
_FILES = b"/v1/files"

MESSAGES = Format(
    name="messages",
    routes=(
        Route("messages", b"POST", b"/v1/messages"),
        Route("count-tokens", b"POST", b"/v1/messages/count_tokens"),
        Route("models", b"GET", b"/v1/models"),
        Route("model", b"GET", b"/v1/models/(" + ID + b")"),
        Route("hello", b"HEAD", b"/api/hello"),
        Route("hello", b"GET", b"/api/hello"),
        Route("batches", b"POST", _BATCHES, "batches"),
        Route("batches", b"GET", _BATCHES, "batches"),
        Route("batches", b"GET", _BATCHES + b"/(" + ID + b")", "batches"),
        Route("batches", b"DELETE", _BATCHES + b"/(" + ID + b")", "batches"),
        Route("batches", b"POST", _BATCHES + b"/(" + ID + b")/cancel", "batches"),
        Route("batches", b"GET", _BATCHES + b"/(" + ID + b")/results", "batches"),
        Route("files", b"POST", _FILES, "files"),
        Route("files", b"GET", _FILES, "files"),
        Route("files", b"GET", _FILES + b"/(" + ID + b")", "files"),
        Route("files", b"DELETE", _FILES + b"/(" + ID + b")", "files"),
        Route("files", b"GET", _FILES + b"/(" + ID + b")/content", "files"),
    ),
    credentials=(b"x-api-key", b"authorization", b"api-key"),
    session=b"x-claude-code-session-id",
    agent=b"x-claude-code-agent-id",
    parent=b"x-claude-code-parent-agent-id",
    error=shaped,
)
