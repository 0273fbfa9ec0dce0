"""The relay's log: a line an exchange where that is wanted, and what befell the relay. Never what a client sent.

An exchange's line holds ids that the store gave, names of routes and upstreams, numbers, and words of our own. A thread
of their own writes the lines, so that a full pipe holds no exchange up; what it cannot keep up with is left out and
counted, and so is what one cause would repeat without end.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carnet.gateway.contract import Asked, Durability, Ended, Fate
    from carnet.gateway.errors import Refused

MOST_WAITING = 10_000
"""Lines that wait to be written."""
LONGEST = 2_000
"""Bytes of a line: below what a pipe takes as one."""
AGAIN_AFTER = 10.0
"""Seconds in which the same event is told once."""
MOST_TURNED_AWAY = 20
"""Lines a second about requests of nobody we know."""
_PAUSE = 0.1
_UPSTREAM_ID = re.compile(rb"req_[A-Za-z0-9_-]{1,64}", re.ASCII)


class Style(StrEnum):
    """How a log reads."""

    OFF = "off"
    """No lines of exchanges; events as text."""
    TEXT = "text"
    JSON = "json"


Said = dict[str, object]
"""What one line says."""


def exchange_said(asked: Asked, key: str, organisation: str, ended: Ended, sent: int) -> Said:
    """What is told of an exchange; `sent` are the bytes of the request's body."""
    times, usage = ended.timings, ended.usage
    said: Said = {
        "event": "exchange",
        "id": secrets.token_hex(8),
        "key": key,
        "organisation": organisation,
        "route": asked.route.name,
        "upstream": ended.upstream,
        "status": ended.status,
        "outcome": str(ended.how),
        "bytes_in": sent,
        "bytes_out": ended.size,
    }
    if ended.refused is not None:
        said["why"] = ended.refused.why
    for name, at in (("head_ms", times.head), ("first_ms", times.first), ("ended_ms", times.ended)):
        if at:
            said[name] = round((at - times.received) * 1000, 1)
    for name, number in (("tokens_in", usage.input), ("tokens_out", usage.output)):
        if number is not None:
            said[name] = number
    return said


def upstream_id(shown: bytes | None) -> str:
    """An upstream's own id of a request, where it looks like one; anything else stays out of the log."""
    return shown.decode() if shown is not None and _UPSTREAM_ID.fullmatch(shown) else ""


@dataclass(slots=True)
class Lines:
    """Lines of the log on their way out. `write` may take as long as it likes; `stop` waits two seconds for it."""

    style: Style = Style.OFF
    write: Callable[[bytes], object] = lambda line: os.write(2, line)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    left_out: Callable[[int], object] = lambda _: None
    """Told how many lines were."""
    _waiting: deque[bytes] = field(default_factory=deque)
    _thread: threading.Thread | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="carnet-log", daemon=True)
        self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Write what waits."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def add(self, said: Said, level: str = "info") -> None:
        """One line; left out where too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            self.left_out(1)
            return
        self._waiting.append(line_of(self.style, {"time": _instant(self.now()), "level": level, **said}))

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        while self._waiting:
            try:
                self.write(self._waiting.popleft())
            except OSError:  # nobody reads any more
                self.left_out(1)


def line_of(style: Style, said: Mapping[str, object]) -> bytes:
    """One line, with its end."""
    if style is Style.JSON:
        raw = msgspec.json.encode({**said, "process": os.getpid()})
        return (raw if len(raw) <= LONGEST else _cut(said)) + b"\n"
    told = " ".join(f"{name}={value}" for name, value in said.items() if name not in {"time", "level", "event"})
    event = said.get("event", "")
    head = f"{said.get('time', '')}  relay {os.getpid()}: {event}"
    return (f"{head} {told}".rstrip().replace("\n", " ").encode("utf-8", "replace"))[:LONGEST] + b"\n"


def _cut(said: Mapping[str, object]) -> bytes:
    """A line that is too long still is a whole one."""
    short = {name: value[:400] if isinstance(value, str) else value for name, value in said.items()}
    return msgspec.json.encode({**short, "process": os.getpid(), "cut": True})


@dataclass(slots=True)
class ExchangeLog:
    """What a relay tells of its exchanges. Everything is called on its event loop."""

    lines: Lines
    clock: Callable[[], float] = time.monotonic
    wanted: bool = field(init=False)
    """Anybody wants lines of exchanges."""
    _waiting: dict[int, Said] = field(default_factory=dict)
    """Those whose record is not durable yet."""
    _second: float = 0.0
    _told: int = 0

    def __post_init__(self) -> None:
        self.wanted = self.lines.style is not Style.OFF

    def ended(self, said: Said, recorded: str, durable: Durability | None) -> None:
        """Tell of an exchange, once it is known what became of its record."""
        if durable is None:
            self.lines.add({**said, "recorded": recorded})
            return
        self._waiting[id(said)] = said
        durable.then(partial(self._durable, said))

    def _durable(self, said: Said, fate: Fate) -> None:
        if self._waiting.pop(id(said), None) is None:
            return
        record: Said = {"record": fate.record} if fate.record else {}
        self.lines.add({**said, "recorded": fate.word, **record})

    def turned_away(self, refused: Refused, route: str = "", key: str = "", organisation: str = "") -> None:
        """Tell of a request that was not admitted. Those of nobody we know are told so many times a second."""
        if not self.wanted:
            return
        if not key and not self._room():
            self.lines.left_out(1)
            return
        named: Said = {"key": key, "organisation": organisation} if key else {}
        said: Said = {"event": "refused", **named, "route": route, "status": refused.status, "why": refused.why}
        self.lines.add(said)

    def _room(self) -> bool:
        now = self.clock()
        if now - self._second >= 1.0:
            self._second, self._told = now, 0
        self._told += 1
        return self._told <= MOST_TURNED_AWAY

    def close(self) -> None:
        """Tell of those whose record is still on its way."""
        for said in self._waiting.values():
            self.lines.add({**said, "recorded": "late"})
        self._waiting.clear()


class Events(logging.Handler):
    """Takes what befalls the relay (`carnet.gateway` and whatever warns) to the same lines, repetitions once."""

    def __init__(self, lines: Lines, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it. Its words are ours; what broke is named, never quoted (a trace may quote bodies)."""
        text = " ".join(record.getMessage().split())
        now = self._clock()
        since, repeated = self._told.get(text, (float("-inf"), 0))
        if now - since < AGAIN_AFTER:
            self._told[text] = since, repeated + 1
            self._lines.left_out(1)
            return
        if len(self._told) > 100:
            self._told.clear()
        self._told[text] = now, 0
        more: Said = {"repeated": repeated} if repeated else {}
        self._lines.add({"event": text, **more}, record.levelname.lower())


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
