"""Answers of the domain check, remembered for five minutes, as the rule in force says which."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE = 300.0
"""Seconds: five minutes a host, in every rule there was."""
EVERY, PASSES = "every answer", "passes only"
"""How a pack's aspect `cache` begins."""


class Answers:
    """Yes and no by host. The longest unused is forgotten first."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, host: str, rule: str) -> bool | None:
        """The answer about a host, if it is remembered and the rule lets it count."""
        with self._lock:
            found = self._known.get(host)
            if found is None:
                return None
            if self._clock() >= found[1] or not _counts(found[0], rule):
                del self._known[host]
                return None
            self._known.move_to_end(host)
            return found[0]

    def put(self, host: str, rule: str, *, allowed: bool) -> None:
        """Remember an answer, if the rule says so."""
        with self._lock:
            self._known.pop(host, None)
            if _counts(allowed, rule):
                self._known[host] = allowed, self._clock() + LIFE
                while len(self._known) > self._most:
                    self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)


def _counts(allowed: bool, rule: str) -> bool:  # noqa: FBT001 - the answer itself
    return rule.startswith(EVERY) or (allowed and rule.startswith(PASSES))
