"""Room in memory for what is under way, shared so that one tenant's flood leaves the others some."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST = 128 << 20
EACH = 2048
"""Bytes that a request counts for whatever it carries."""


@dataclass(slots=True)
class Room:
    """Whoever has most gets no more than is left for all others together."""

    most: int = MOST
    taken: int = 0
    by_tenant: dict[int, int] = field(default_factory=dict)

    def take(self, tenant: int, size: int) -> bool:
        """Room for so many bytes; False where the tenant has its share, or there is none."""
        had = self.by_tenant.get(tenant, 0)
        if had + size > self.most - self.taken - size:
            return False
        self.by_tenant[tenant] = had + size
        self.taken += size
        return True

    def give_back(self, tenant: int, size: int) -> None:
        self.taken -= size
        self.by_tenant[tenant] -= size
        if not self.by_tenant[tenant]:
            del self.by_tenant[tenant]
