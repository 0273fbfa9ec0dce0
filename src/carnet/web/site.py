"""What every page needs, handed in rather than global."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

from carnet.web.machine import Machine
from carnet.web.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from carnet.settings import Settings
    from carnet.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Site:
    """The store and settings behind the pages."""

    store: Store
    settings: Settings
    memory: Memory = field(default_factory=Memory)
    machine: Machine = field(default_factory=lambda: Machine(None))
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def today(self) -> date:
        """The day (UTC) that a page speaks of where its address names none."""
        return self.clock().astimezone(UTC).date()


def site_of(request: Request) -> Site:
    return cast("Site", request.app.state.site)


def asks_json(request: Request) -> bool:
    """True on the JSON twin of a page whose route has one."""
    return request.url.path.endswith(".json")
