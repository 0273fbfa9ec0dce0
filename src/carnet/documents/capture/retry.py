"""When to try again, and how long to wait before."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

PASSING = frozenset({"timeout", "connection", "truncated", "server-error", "busy"})
"""Reasons of failures that a further try may outlast."""

LONGEST_WAIT = 20.0
"""Seconds a server may make us wait within one capture; for longer ones the capture fails and the schedule waits."""


def wait_before(attempt: int, jitter: float, asked: float | None, base: float) -> float | None:
    """Seconds before try number `attempt` + 1 (from 0); None when the server asks for more than we wait.

    `jitter` is between 0 and 1: the pause doubles with every try and is spread by half of itself to either side.
    """
    pause = base * 2.0**attempt * (0.5 + jitter)
    if asked is None:
        return pause
    return None if asked > LONGEST_WAIT else max(asked, pause)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for; None where there is none that can be read."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 1e9)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
