"""How many checks one client may make. Memory is bounded: of too many clients, the longest quiet are forgotten."""

from __future__ import annotations

import math
from collections import OrderedDict

from carnet.accounts.guesses import Allowance, network

MOST = 20_000
_MINUTE = 60.0


class Pace:
    """Checks a minute of each client address (of IPv6, of each /64); 0 sets no limit."""

    def __init__(self, per_minute: int, most: int = MOST) -> None:
        self._per_minute, self._most = per_minute, most
        self._clients: OrderedDict[str, Allowance] = OrderedDict()

    def wait(self, peer: str, now: float) -> int:
        """Count a check of a client, or say after how many whole seconds it may come back; 0: it may go on."""
        if not self._per_minute:
            return 0
        name = network(peer)
        allowance = self._clients.pop(name, None) or Allowance(self._per_minute, self._per_minute / _MINUTE, now)
        self._clients[name] = allowance
        while len(self._clients) > self._most:
            self._clients.popitem(last=False)
        wait = allowance.wait(now)
        if not wait:
            allowance.take(now)
        return math.ceil(wait)

    def __len__(self) -> int:
        return len(self._clients)
