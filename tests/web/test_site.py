from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from starlette.requests import Request

from carnet.web.site import asks_json, utc_now

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any


def request(path: str) -> Request:
    scope: MutableMapping[str, Any] = {"type": "http", "path": path, "query_string": b"", "headers": []}
    return Request(scope)


def test_the_json_twin_is_told_by_the_path_alone() -> None:
    assert asks_json(request("/timeline/a.json"))
    assert not asks_json(request("/timeline/a"))


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC
