from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any


def request(path: str) -> Request:
    scope: MutableMapping[str, Any] = {"type": "http", "path": path, "query_string": b"", "headers": []}
    return Request(scope)


def test_the_json_twin_is_told_by_the_path_alone() -> None:
    assert asks_json(request("/timeline/a.json"))
    assert not asks_json(request("/timeline/a"))
