"""Limits of a key and of an organisation: requests and tokens a minute, exchanges at once. Pure: time is given."""

from __future__ import annotations

import math
from dataclasses import dataclass

from carnet.gateway.errors import Refused

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """0 stands for no limit."""

    requests: int = 0
    """A minute."""
    tokens: int = 0
    """A minute, in and out. Known only afterwards, so a request may overdraw; the next ones wait for it."""
    at_once: int = 0


@dataclass(slots=True)
class Count:
    """What one key or organisation has used."""

    requests: float
    """Left."""
    tokens: float
    then: float
    """When the two were true."""
    most: tuple[float, float]
    """Limits of requests and tokens they were counted under."""
    at_once: int = 0

    @classmethod
    def full(cls, limits: Limits, now: float, spent: int = 0) -> Count:
        """Of somebody who has used nothing; `spent` will still be taken from it."""
        return cls(limits.requests + spent, limits.tokens, now, (limits.requests, limits.tokens))

    def refill(self, limits: Limits, now: float) -> None:
        """Add what time has brought. A limit where there was none begins with all of it."""
        share = max(now - self.then, 0.0) / MINUTE
        self.then = max(now, self.then)
        had, self.most = self.most, (limits.requests, limits.tokens)
        self.requests = _refilled(self.requests, had[0], limits.requests, share)
        self.tokens = _refilled(self.tokens, had[1], limits.tokens, share)

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

    def unused(self, now: float) -> bool:
        """Whether it says no more than that there was once somebody."""
        self.refill(Limits(int(self.most[0]), int(self.most[1])), now)
        return not self.at_once and self.requests >= self.most[0] and self.tokens >= self.most[1]


def _refilled(left: float, had: float, most: int, share: float) -> float:
    return float(most) if not had else min(left + share * most, most)


def _full(message: str, seconds: float) -> Refused:
    wait = max(1, math.ceil(seconds))
    return Refused(429, f"{message}; try again in {wait} s", "limit", wait)
