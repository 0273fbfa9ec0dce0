"""What every page needs, handed in rather than global."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from carnet.web.memory import Memory

if TYPE_CHECKING:
    from starlette.requests import Request

    from carnet.settings import Settings
    from carnet.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Site:
    """The store and settings behind the pages."""

    store: Store
    settings: Settings
    memory: Memory = field(default_factory=Memory)


def site_of(request: Request) -> Site:
    return cast("Site", request.app.state.site)


def asks_json(request: Request) -> bool:
    """True on the JSON twin of a page whose route has one."""
    return request.url.path.endswith(".json")
