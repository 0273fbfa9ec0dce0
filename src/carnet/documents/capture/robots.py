"""robots.txt, as RFC 9309 has it: what is not there allows, what cannot be reached forbids."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from carnet.documents.capture.limits import ROBOT
from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from protego import Protego
    from yarl import URL

    Ask = Callable[[URL], Awaitable[tuple[int, bytes]]]
    Clock = Callable[[], datetime]

KEPT = timedelta(hours=12)
MAX_BYTES = 512_000
"""RFC 9309 wants at least 500 KiB to be read."""


class Notes(Protocol):
    """Where rules are kept between two runs: a store."""

    def note(self, key: str) -> str | None:
        """A value kept, or None."""

    def set_note(self, key: str, value: str) -> None:
        """Keep a value."""


class Forgetful:
    """Keeps nothing."""

    def note(self, key: str) -> str | None:  # noqa: ARG002 - as Notes has it
        return None

    def set_note(self, key: str, value: str) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site's robots.txt says; an empty text allows everything."""

    at: datetime
    text: str

    def fresh(self, now: datetime) -> bool:
        return timedelta(0) <= now - self.at < KEPT


class Robots:
    """Rules by site, asked for once and kept for a while. A site that cannot say is asked again at the next fetch."""

    def __init__(self, ask: Ask, clock: Clock, notes: Notes) -> None:
        self._ask = ask
        self._clock = clock
        self._notes = notes
        self._known: dict[str, tuple[Rules, Protego]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def delay(self, url: URL) -> float:
        """Seconds the site wants between two fetches. Raises FetchError where it does not want the fetch at all."""
        parsed = await self._rules(url.origin())
        if not parsed.can_fetch(str(url), ROBOT):
            raise FetchError(
                f"{url.origin()}/robots.txt does not want {url.path} to be fetched (watch.robots)", "robots"
            )
        return float(parsed.crawl_delay(ROBOT) or 0.0)

    async def _rules(self, site: URL) -> Protego:
        key = str(site)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is None or not known[0].fresh(self._clock()):
                rules = self._noted(key) or await self._asked(site)
                known = self._known[key] = rules, _parse(rules.text)
            return known[1]

    def _noted(self, key: str) -> Rules | None:
        text = self._notes.note(f"robots {key}")
        if text is None:
            return None
        at, body = json.loads(text)
        rules = Rules(datetime.fromisoformat(at), body)
        return rules if rules.fresh(self._clock()) else None

    async def _asked(self, site: URL) -> Rules:
        status, body = await self._ask(site / "robots.txt")
        if status >= 500 or status == 429:
            reason = "busy" if status in {429, 503} else "server-error"
            raise FetchError(f"{site}/robots.txt cannot be read (status {status}), which forbids everything", reason)
        rules = Rules(self._clock(), body[:MAX_BYTES].decode("utf-8", "replace") if status < 300 else "")
        self._notes.set_note(f"robots {site}", json.dumps([rules.at.isoformat(), rules.text]))
        return rules


def _parse(text: str) -> Protego:
    from protego import Protego  # noqa: PLC0415 - only where robots.txt is honoured

    return Protego.parse(text)
