"""The description says every call, what each takes, and nothing that is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carnet.web.calls.call import Nothing
from carnet.web.calls.description import fields_of, openapi, plain
from carnet.web.calls.table import ADMIN, MINE
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

CALLS = [call for _, calls in (*ADMIN, *MINE) for call in calls]


def references(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from references(value)


def test_every_call_is_described_and_nothing_else() -> None:
    told: Any = openapi()
    there = {(path, method.upper()) for path, methods in told["paths"].items() for method in methods}
    assert there == {(plain(call.path), call.method) for call in CALLS}
    for path, methods in told["paths"].items():
        for one in methods.values():
            assert one["security"][0].keys() == {"own" if path.startswith("/api/mine") else "admin"}


def test_every_shape_it_refers_to_is_there() -> None:
    told: Any = openapi()
    for reference in references(told):
        assert reference.rpartition("/")[2] in told["components"]["schemas"], reference
    assert json.loads(json.dumps(told)) == told


def test_fields_of_a_call_are_those_of_its_shape() -> None:
    for call in CALLS:
        if call.takes is not Nothing:
            assert [name for name, _, _ in fields_of(call)] == list(call.takes.__struct_fields__), call


def test_anybody_who_may_read_pages_may_read_it(stranger: TestClient) -> None:
    assert stranger.get("/api/openapi.json").json()["openapi"] == "3.1.0"


def test_the_page_of_the_docs_has_every_call() -> None:
    text = Path(ROOT, "docs", "reference", "api.md").read_text("utf-8")
    for call in CALLS:
        assert f"### `{call.method} {plain(call.path)}`" in text
