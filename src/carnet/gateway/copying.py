"""The copy of an exchange: for the recorder's tap, and for what limits must know. Nothing here harms the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.sse import NOTHING, Reading, said_whole

if TYPE_CHECKING:
    from carnet.gateway.contract import Durability, Ended, Tap
    from carnet.gateway.counting import Held
    from carnet.gateway.heads import ResponseHead
    from carnet.gateway.relay import Relay
    from carnet.gateway.usage import Usage

READ_AT_ONCE = 64 << 10
"""Bytes of events."""


class Copy:
    """What one exchange's bytes are given to before the client has them."""

    __slots__ = ("_defers", "_left", "_reading", "_relay", "_said", "_tap", "_torn", "_unread")

    def __init__(self, relay: Relay, tap: Tap | None) -> None:
        self._relay = relay
        self._tap = tap
        self._torn = False
        """The tap raised: it is told of the end, and gets no more bytes."""
        self._reading: Reading | None = None
        self._defers = False
        """What the tap holds anyway is read when there is much of it: an event is read in a tenth of the time then."""
        self._unread: list[bytes] = []
        self._left = READ_AT_ONCE
        self._said: Usage | None = None
        """Of a whole response."""

    def take(self, upstream: str, head: ResponseHead | None, payload: bytes) -> bool:
        """Take what one read brought. False: it cannot be kept, and the exchange must not go on without."""
        if head is not None:
            self._reading = Reading.of(head)
            self._defers = self._tap is not None and self._reading.in_plain_events
            try:
                if self._tap is not None:
                    self._tap.response_head(upstream, head)
            except Exception as error:  # noqa: BLE001 - whatever breaks in a tap, the exchange goes on
                self._is_torn(error)
        return not payload or self.more(payload)

    def more(self, payload: bytes) -> bool:
        """The same of what brought nothing but more of the body."""
        if self._defers:
            self._unread.append(payload)
            self._left -= len(payload)
            if self._left < 0:
                self._read()
        elif self._reading is not None:
            self._reading.feed(payload)
        if self._tap is None or self._torn:
            return True
        try:
            return self._tap.response_bytes(payload)
        except Exception as error:  # noqa: BLE001 - as above
            return self._is_torn(error)

    def _read(self) -> None:
        unread, self._unread, self._left = self._unread, [], READ_AT_ONCE
        if unread and self._reading is not None:
            self._reading.feed(b"".join(unread))

    def take_whole(self, upstream: str, head: ResponseHead, payload: bytes) -> bool:
        """The same of a whole response."""
        self._said = said_whole(head, payload)
        if self._tap is None:
            return True
        try:
            self._tap.response_head(upstream, head)
            return not payload or self._tap.response_bytes(payload)
        except Exception as error:  # noqa: BLE001 - see below
            return self._is_torn(error)

    def _is_torn(self, error: Exception) -> bool:
        self._torn = True
        self._relay.metrics.unrecorded.add("response")
        self._relay.fault("tap", error)
        return True

    def usage(self) -> Usage:
        """What the response said of itself so far."""
        if self._said is not None:
            return self._said
        self._read()
        return NOTHING if self._reading is None else self._reading.usage()

    def end(self, ended: Ended) -> Durability | None:
        """Tell the tap; what it returns is settled once the record is durable."""
        if self._tap is None:
            return None
        try:
            return self._tap.end(ended)
        except Exception as error:  # noqa: BLE001 - see above
            self._relay.metrics.unrecorded.add("end")
            self._relay.fault("tap", error)
            return None


def copy_of(relay: Relay, tap: Tap | None, held: Held) -> Copy | None:
    """A copy where anybody wants one."""
    if tap is None:
        for spot in held:
            if spot[1].tokens:
                break
        else:
            return None
    return Copy(relay, tap)
