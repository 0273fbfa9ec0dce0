from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.web.static import FILES

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.mark.parametrize("name", list(FILES))
def test_a_static_file_is_served_as_what_it_is(empty: TestClient, name: str) -> None:
    found = empty.get(f"/static/{name}")
    assert (found.status_code, found.headers["content-type"]) == (200, FILES[name])
    assert len(found.content) > 100


def test_an_address_with_the_hash_is_kept_for_good_and_one_without_is_not(empty: TestClient) -> None:
    assert "immutable" in empty.get("/static/carnet.css?abc").headers["cache-control"]
    assert empty.get("/static/carnet.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["app.py", "..%2fapp.py", "%2e%2e/app.py", "carnet.css/", "", "CARNET.CSS"])
def test_nothing_else_can_be_reached(empty: TestClient, name: str) -> None:
    assert empty.get(f"/static/{name}", follow_redirects=False).status_code in {307, 404}


@pytest.mark.parametrize("name", list(FILES))
def test_no_static_file_asks_another_host_for_anything(empty: TestClient, name: str) -> None:
    text = empty.get(f"/static/{name}").text.replace("http://www.w3.org/2000/svg", "")
    for forbidden in ("http://", "https://", "@import", "url(", "fetch(", "XMLHttpRequest", "eval("):
        assert forbidden not in text
