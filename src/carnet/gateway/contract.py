"""The seams of the relay: who may pass (Admission), and what is kept of it (Recorder, Tap).

Nothing here holds the loop up: the relay calls these between two reads of a socket. Whoever must do I/O hands it to a
thread; `admit` alone may then be awaited.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from carnet.gateway.errors import Refused
    from carnet.gateway.formats import Format, Route
    from carnet.gateway.heads import RequestHead, ResponseHead
    from carnet.gateway.limits import Limits
    from carnet.gateway.usage import Usage


class Recording(StrEnum):
    """What becomes of an exchange where it cannot be recorded."""

    REQUIRED = "required"
    """It does not take place."""
    WANTED = "wanted"
    """It takes place unrecorded, and is counted as such."""
    NONE = "none"
    """Nothing is kept of it: no tap is begun."""


class How(StrEnum):
    """How an exchange ended."""

    COMPLETE = "complete"
    REFUSED = "refused"
    """Admitted and then refused, before anything was sent."""
    CLIENT_GONE = "client-gone"
    """The client left. `Ended.whole` says whether the response was read to its end all the same."""
    UNREACHABLE = "unreachable"
    """No upstream could be connected to."""
    UPSTREAM_LOST = "upstream-lost"
    UPSTREAM_GARBAGE = "upstream-garbage"
    TIMEOUT = "timeout"
    """The upstream was silent for too long."""
    TOO_LARGE = "too-large"
    """The response became larger than what can be kept, where it must be."""
    STOPPED = "stopped"
    """The relay stopped, and the exchange did not end in the time given."""


class Asked(msgspec.Struct, frozen=True):
    """A request, before its body is read."""

    head: RequestHead
    format: Format
    route: Route
    peer: str
    """Address of the client, without its port."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may go on: in whose name, where to, within what limits. Ids are opaque to the relay."""

    key: str
    account: str
    organisation: str
    upstreams: tuple[str, ...]
    """Names of those it may go to, in order; empty: to none."""
    recording: Recording = Recording.REQUIRED
    features: frozenset[str] = frozenset()
    """Features of routes that are granted; see Route.feature."""
    forbidden: frozenset[str] = frozenset()
    """Features of bodies that `judge` refuses; the relay itself does not look at it."""
    key_limits: Limits | None = None
    organisation_limits: Limits | None = None
    terms: object = None
    """Whatever the admission wants `judge` and the recorder to have."""


class Timings(msgspec.Struct):
    """Seconds of a monotonic clock; 0: it did not come to that."""

    received: float
    """The request's head was read."""
    sent: float = 0.0
    """The request was handed to the upstream that answered."""
    head: float = 0.0
    first: float = 0.0
    """First byte of the response's body."""
    last: float = 0.0
    ended: float = 0.0


class Ended(msgspec.Struct, frozen=True):
    """The end of an exchange."""

    how: How
    status: int
    """Of the response, the upstream's or ours; 0: there was none."""
    upstream: str
    """Name of the one that was last asked; empty: none."""
    whole: bool
    """The upstream's response was read to its end."""
    size: int
    """Bytes of its body, as they came."""
    timings: Timings
    usage: Usage
    refused: Refused | None = None


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What became of a record."""

    word: str
    """`stored`; `spooled`: sealed until the store is back; `refused` by policy; `faulty`; `late`: not known yet."""
    record: str = ""
    """Its id, where it is stored."""


class Durability:
    """Of one record, as its relay's loop knows it. Whoever waits is told as soon as it is known what became of it."""

    __slots__ = ("_waiting", "fate")

    def __init__(self) -> None:
        self.fate: Fate | None = None
        """None: not known yet."""
        self._waiting: tuple[Callable[[Fate], object], ...] = ()

    def then(self, do: Callable[[Fate], object]) -> None:
        """Call this once it is known; now, if it is."""
        if self.fate is None:
            self._waiting = (*self._waiting, do)
        else:
            do(self.fate)

    def settle(self, fate: Fate) -> None:
        """Say what became of it. What is said first holds; all who wait are told, whatever one of them raises."""
        if self.fate is None:
            self.fate = fate
            waiting, self._waiting = self._waiting, ()
            if len(waiting) == 1:  # nearly always
                waiting[0](fate)
                return
            with ExitStack() as telling:
                for do in reversed(waiting):
                    telling.callback(do, fate)


class Admission(Protocol):
    """Who may pass. Without one nothing is relayed; one that raises refuses."""

    def admit(self, asked: Asked) -> Admitted | Refused | Awaitable[Admitted | Refused]:
        """Judge a request by its head, before its body is read.

        What cannot be judged from memory is awaited; nothing more is read from that client meanwhile.
        """

    def judge(self, admitted: Admitted, asked: Asked, body: bytes) -> Refused | None:
        """Judge it with its body, before anything is sent. The body is that of the request, framing apart."""

    def standing(self, asked: Asked, admitted: Admitted) -> Standing | None:
        """What it will be able to say of that head when it comes again; None: nothing."""


class Standing(Protocol):
    """What an admission knows of a head that it let in and that comes again, but for the body's length."""

    def holds(self, at: float) -> bool:
        """Whether it would be let in just as it was then, at this instant of the monotonic clock.

        False: that must be asked anew.
        """

    def covers(self, body: bytes) -> bool:
        """Whether `judge` has nothing against this body. False: it may have, and must be asked."""


class Tap(Protocol):
    """Gets a copy of one exchange. What it raises is counted and does no harm to the exchange."""

    def response_head(self, upstream: str, head: ResponseHead) -> None:
        """Take the head as the upstream sent it."""

    def response_bytes(self, chunk: bytes) -> bool:
        """Take bytes of the body as they came: content-encoding in place, transfer-encoding undone.

        False: these cannot be kept, and the exchange must not go on without.
        """

    def end(self, ended: Ended) -> Durability | None:
        """Take note of the end. Called exactly once, whatever happens.

        What it returns is settled once the record is durable, or is known never to be; where it is required, the
        client gets the end of its response then.
        """


class Recorder(Protocol):
    """What is kept."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Tap | Refused | None:
        """A tap for an exchange that is about to be sent; None: it is not kept; Refused: it may not take place.

        Raising refuses it where recording is required. Not called for Recording.NONE.
        """
