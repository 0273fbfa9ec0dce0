from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from carnet.web.forms import posted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request


def echo(_: Request, form: Mapping[str, str]) -> JSONResponse:
    return JSONResponse(dict(form))


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[Route("/", posted(echo, 100), methods=["POST"])]))


def test_fields_come_as_they_were_filled_in(client: TestClient) -> None:
    given = {"session": "a&b=c %+é", "reason": "", "org": "<b>"}
    assert client.post("/", data=given).json() == given


def test_of_a_field_that_comes_twice_the_last_counts(client: TestClient) -> None:
    assert client.post("/", content="a=1&a=2").json() == {"a": "2"}


@pytest.mark.parametrize("body", [b"", b"\xff=\xfe", b"%ff=%00", b"&&=&", b"a"])
def test_what_is_no_form_is_read_as_far_as_it_goes(client: TestClient, body: bytes) -> None:
    assert client.post("/", content=body).status_code == 200


def test_a_form_that_is_too_long_is_not_read_to_its_end(client: TestClient) -> None:
    assert client.post("/", content=b"x" * 101).status_code == 413
