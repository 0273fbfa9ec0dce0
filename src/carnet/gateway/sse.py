"""Reading a copy of the response as it passes: a stream of events, or one JSON body. Pure, incremental, bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from carnet.documents.capture.decoding import STAGES
from carnet.errors import FetchError
from carnet.gateway.usage import Usage, read, with_said

if TYPE_CHECKING:
    from carnet.documents.capture.decoding import Stage
    from carnet.gateway.heads import ResponseHead

MOST_EVENT = 1 << 20
"""Bytes of one event."""
MOST_BODY = 16 << 20
"""Bytes of a JSON body, decompressed."""
MOST_MADE = 4 << 20
"""Bytes that one read may decompress to."""

_TOLD = re.compile(rb"\ncontent-(type|encoding):([^\r\n]*)")

NOTHING, _NO_OBJECT = Usage(), Usage(unread="no JSON object")
TELLING = (b"message_start", b"message_delta", b"error")
"""Events that say something of usage. All others are counted and not parsed."""


class Reading:
    """What is read of one response. It never raises: what cannot be read is named in `usage.unread`."""

    __slots__ = ("_events", "_held", "_size", "_stages", "_stream", "_usage")

    def __init__(self, kind: bytes = b"", encoding: bytes = b"") -> None:
        self._stream = kind.startswith(b"text/event-stream")
        self._usage = NOTHING
        self._events = 0
        self._held: list[bytes] = []
        """The beginning of an event, or all of a body, in pieces."""
        self._size = 0
        self._stages: tuple[Stage, ...] = ()
        if not self._stream and b"json" not in kind:
            self._give_up("neither events nor JSON")
        elif encoding:
            self._stages = self._undoing(encoding)

    @classmethod
    def of(cls, head: ResponseHead) -> Reading:
        """A reading for the body that follows this head."""
        return cls(*_kind(head))

    @property
    def in_plain_events(self) -> bool:
        """Whether it reads events that are not compressed: of those nothing depends on how they are cut."""
        return self._stream and not self._stages and not self._usage.unread

    def feed(self, data: bytes) -> None:
        """Take bytes of the body as they came."""
        if self._usage.unread:
            return
        if self._stages:
            data = self._undone(data)
        if self._stream:
            self._take(data)
        else:
            self._hold(data, MOST_BODY)

    def usage(self) -> Usage:
        """What is known by now. An event that has not ended is not counted, as the format demands."""
        if self._stream and self._held and self._held[-1].endswith(b"\r"):
            self._take(b"\n")  # nothing follows that could belong to it
        if not self._stream and self._held:
            said = read(b"".join(self._held))
            self._held.clear()
            self._usage = (
                replace(self._usage, unread=_NO_OBJECT.unread) if said is None else with_said(self._usage, said)
            )
        return replace(self._usage, events=self._events) if self._events else self._usage

    def _take(self, data: bytes) -> None:
        """Split into events: blocks that end with an empty line, whichever line end is used."""
        if self._held:
            if b"\n" not in data and b"\r" not in data:
                self._hold(data, MOST_EVENT)  # an event that drips is joined once
                return
            data = b"".join((*self._held, data))
            self._held.clear()
            self._size = 0
        if b"\r" in data:
            data, tail = _unified(data)
        else:
            tail = b""
        *blocks, rest = data.split(b"\n\n")
        for block in blocks:
            self._event(block)
        if rest or tail:
            self._hold(rest + tail, MOST_EVENT)

    def _event(self, block: bytes) -> None:
        block = block.lstrip(b"\n")
        if block.startswith(b"event: content_block_delta\n"):  # nearly all of them
            self._events += 1
            return
        lines = block.split(b"\n")
        data = [_value(line) for line in lines if line.startswith(b"data:")]
        if not data:
            return  # a comment, or a block of nothing
        self._events += 1
        names = [_value(line) for line in lines if line.startswith(b"event:")]
        if not names or names[-1] in TELLING:
            said = read(b"\n".join(data))
            if said is not None:
                self._usage = with_said(self._usage, said)

    def _hold(self, data: bytes, most: int) -> None:
        self._size += len(data)
        if self._size > most:
            self._give_up("too large to be read")
        elif data:
            self._held.append(data)

    def _undoing(self, encoding: bytes) -> tuple[Stage, ...]:
        names = [name.strip().lower() for name in encoding.decode("latin-1").split(",")]
        names = [name for name in names if name not in {"", "identity"}]
        if len(names) > 2 or any(name not in STAGES for name in names):
            self._give_up("a content-encoding that is not known")
            return ()
        return tuple(STAGES[name]() for name in reversed(names))

    def _undone(self, data: bytes) -> bytes:
        try:
            for stage in self._stages:
                data = stage.feed(data, MOST_MADE + 1)
                if len(data) > MOST_MADE:
                    self._give_up("too large to be read")
                    return b""
        except FetchError:
            self._give_up("damaged compression")
            return b""
        return data

    def _give_up(self, why: str) -> None:
        self._usage = replace(self._usage, unread=why)
        self._held.clear()
        self._stages = ()


def said_whole(head: ResponseHead, body: bytes) -> Usage:
    """What a whole response says of itself, as a reading that is fed with it does."""
    kind, encoding = _kind(head)
    if body and not encoding and kind.startswith(b"application/json") and len(body) <= MOST_BODY:
        said = read(body)
        return _NO_OBJECT if said is None else with_said(NOTHING, said)
    reading = Reading(kind, encoding)
    reading.feed(body)
    return reading.usage()


def _kind(head: ResponseHead) -> tuple[bytes, bytes]:
    """Content-Type and Content-Encoding in lower case; the last, of several. Few ask for all fields of a head."""
    told = dict(_TOLD.findall(head.raw.lower()))
    return told.get(b"type", b"").strip(), told.get(b"encoding", b"")


def _unified(data: bytes) -> tuple[bytes, bytes]:
    """With LF for line ends; a CR at the very end waits, an LF may follow it."""
    tail = b"\r" if data.endswith(b"\r") else b""
    data = data[:-1] if tail else data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), tail


def _value(line: bytes) -> bytes:
    value = line.partition(b":")[2]
    return value.removeprefix(b" ")
