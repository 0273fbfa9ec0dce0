"""What a capture may cost: the settings `watch.*`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from carnet import __version__

if TYPE_CHECKING:
    from carnet.settings import Settings

ROBOT = "Carnet"
"""The name robots.txt files address us by."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and manners of captures."""

    user_agent: str
    timeout: float
    """Seconds for one fetch, redirects included."""
    max_bytes: int
    per_host: int
    host_pause: float
    """Seconds between two fetches from one host."""
    retries: int
    robots: bool
    at_once: int
    """Fetches at the same time from all hosts together."""

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Read the settings. Raises CarnetError naming the one that cannot be understood."""
        return cls(
            user_agent=settings["watch.user-agent"] or f"{ROBOT}/{__version__} (watches documents for changes)",
            timeout=settings.duration("watch.timeout").total_seconds(),
            max_bytes=settings.size("watch.max-bytes"),
            per_host=max(1, settings.whole("watch.per-host")),
            host_pause=settings.duration("watch.host-pause").total_seconds(),
            retries=settings.whole("watch.retries"),
            robots=settings.on("watch.robots"),
            at_once=max(1, settings.whole("watch.at-once")),
        )
