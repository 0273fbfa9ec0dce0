"""The nouns of intake: what was asked, what is answered, what came of a body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from carnet.gateway.intake.allow import Allow
    from carnet.gateway.intake.prints import Prints
    from carnet.gateway.intake.sifting import Tally
    from carnet.gateway.intake.taking import Intake
    from carnet.model.account import Caller

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, without its body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case; several of one name as one, with a comma between: two keys are none."""
    peer: str = ""


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by name. Several of one name are one list (RFC 9110, 5.3), so that none of them is overlooked."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What is answered."""

    status: int
    body: bytes = b""
    media: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class RefusedError(Exception):
    """Raised when a request is not taken in. The sentence is for its client and repeats nothing of what it sent."""

    def __init__(self, status: int, sentence: str, after: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.after = after
        """Seconds after which it may be sent again; 0: it may not."""


class CrowdedError(RefusedError):
    """Raised when there is no room for a request now."""


class Item(msgspec.Struct, frozen=True, gc=False):
    """Something that may be kept, once the terms allow it."""

    kind: str
    flow: str
    session: str
    """Empty: of nobody's, or of the day."""
    body: bytes
    """A JSON object that holds what the allow-list lets through and nothing else."""
    mark: bytes = b""
    """What a retry of it has in common with it; empty: it is never taken for a retry."""


class Taken(msgspec.Struct, frozen=True, gc=False):
    """What came of a body."""

    reply: Reply
    items: tuple[Item, ...] = ()
    dropped: Tally | None = None
    """Field paths that no list lets through, and how often each was there."""
    discarded: Reply | None = None
    """What is answered where policy keeps nothing of it; None: the same."""


@dataclass(frozen=True, slots=True)
class Means:
    """What bodies are read with."""

    allow: Allow
    prints: Prints
    day: str = ""
    """Today (UTC)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address, or one kind of address, and how its clients are spoken to."""

    name: str
    """What counts call it."""
    texts: Callable[[Asked], Sequence[str]]
    """Where its clients carry their key."""
    take: Callable[[Asked, bytes, Means], Taken] | None
    """Pure, and may be called in a thread. Raises RefusedError. None where `act` is there."""
    refuse: Callable[[Asked, RefusedError], Reply]
    most: int = 8 << 20
    """Bytes of a body, before and after decompression."""
    methods: tuple[str, ...] = ("POST",)
    act: Callable[[Intake, Caller, bytes], Awaitable[Reply]] | None = None
    """Instead of `take`, for what asks more of the store than to keep something."""
    wrapped: bool = False
    """Whether it may be compressed in a way that no Content-Encoding says."""
    spooled: bool = True
    """Whether it may wait, sealed, with its account's name while the store is away."""
