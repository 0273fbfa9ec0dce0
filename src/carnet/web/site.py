"""What every page needs, handed in rather than global."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from carnet.settings import Settings
    from carnet.stores.contract import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Site:
    """The store and settings behind the pages."""

    store: Store
    settings: Settings
    clock: Callable[[], datetime] = utc_now


def site_of(request: Request) -> Site:
    return cast("Site", request.app.state.site)


def asks_json(request: Request) -> bool:
    """True on the JSON twin of a page whose route has one."""
    return request.url.path.endswith(".json")
