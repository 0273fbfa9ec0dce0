"""Limits of a key and of an organisation: requests and tokens a minute, exchanges at once. Pure: time is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.gateway.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = 60.0
MOST_IDLE = 10_000
"""Counts kept before those that stand where a new one would stand are dropped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """0 stands for no limit."""

    requests: int = 0
    """A minute."""
    tokens: int = 0
    """A minute, in and out. Known only afterwards, so a request may overdraw; the next ones wait for it."""
    at_once: int = 0


class Count:
    """What one key or organisation has used."""

    __slots__ = ("at_once", "requests", "then", "tokens")

    def __init__(self, limits: Limits, now: float) -> None:
        self.requests = float(limits.requests)
        """Left."""
        self.tokens = float(limits.tokens)
        self.at_once = 0
        self.then = now

    def refill(self, limits: Limits, now: float) -> None:
        share = max(now - self.then, 0.0) / MINUTE
        self.then = max(now, self.then)
        self.requests = min(self.requests + share * limits.requests, limits.requests)
        self.tokens = min(self.tokens + share * limits.tokens, limits.tokens)

    def objection(self, whose: str, limits: Limits) -> Refused | None:
        if limits.at_once and self.at_once >= limits.at_once:
            return _full(f"{whose} has {limits.at_once} requests under way, the most it may", 1)
        if limits.requests and self.requests < 1:
            wait = (1 - self.requests) * MINUTE / limits.requests
            return _full(f"{whose} may send {limits.requests} requests a minute", wait)
        if limits.tokens and self.tokens <= 0:
            wait = (1 - self.tokens) * MINUTE / limits.tokens
            return _full(f"{whose} may use {limits.tokens} tokens a minute", wait)
        return None

    def unused(self, limits: Limits) -> bool:
        return not self.at_once and self.requests >= limits.requests and self.tokens >= limits.tokens


Held = tuple[tuple[Count, Limits], ...]
"""What an exchange holds until it ends."""


class Counting:
    """All counts of this process. Each process of a relay counts for itself."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], tuple[Count, Limits]] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def enter(self, subjects: Iterable[tuple[str, str, Limits | None]], now: float) -> Held | Refused:
        """Count a request for each (whose, id, limits), or refuse it and count it for none."""
        held: list[tuple[Count, Limits]] = []
        for whose, name, limits in subjects:
            if limits is None:
                continue
            count = self._count((whose, name), limits, now)
            if refused := count.objection(whose, limits):
                return refused
            held.append((count, limits))
        for count, _ in held:
            count.requests -= 1
            count.at_once += 1
        return tuple(held)

    def _count(self, name: tuple[str, str], limits: Limits, now: float) -> Count:
        found = self._counts.get(name)
        count = Count(limits, now) if found is None else found[0]
        count.refill(limits, now)
        if found is None and len(self._counts) >= MOST_IDLE:
            self._forget(now)
        self._counts[name] = count, limits
        return count

    def _forget(self, now: float) -> None:
        for name, (count, limits) in list(self._counts.items()):
            count.refill(limits, now)
            if count.unused(limits):
                del self._counts[name]


def leave(held: Held, tokens: int) -> None:
    """Give back the place of an exchange that ended, and charge what it used."""
    for count, _ in held:
        count.at_once -= 1
        count.tokens -= tokens


def _full(message: str, seconds: float) -> Refused:
    wait = max(1, math.ceil(seconds))
    return Refused(429, f"{message}; try again in {wait} s", "limit", wait)
