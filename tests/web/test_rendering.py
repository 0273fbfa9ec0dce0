from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from carnet.web.rendering import answer, as_json, static_url, templates

if TYPE_CHECKING:
    from starlette.testclient import TestClient

CHANGED = datetime(2026, 4, 24, 7, 49, 30, 5, tzinfo=UTC)


def request(**headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": named})


def test_a_client_that_holds_the_same_bytes_gets_304_and_nothing_else() -> None:
    first = answer(request(), b"text", "text/plain", 200, CHANGED)
    again = answer(request(if_none_match=first.headers["etag"]), b"text", "text/plain", 200, CHANGED)
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert answer(request(if_none_match=first.headers["etag"]), b"other", "text/plain").status_code == 200


def test_a_list_of_tags_a_weak_tag_and_a_star_all_match() -> None:
    tag = answer(request(), b"text", "text/plain").headers["etag"]
    for held in (f'"x", {tag}', f"W/{tag}", "*"):
        assert answer(request(if_none_match=held), b"text", "text/plain").status_code == 304


def test_a_date_counts_only_where_there_is_no_tag() -> None:
    date = "Fri, 24 Apr 2026 07:49:30 GMT"
    assert answer(request(), b"a", "text/plain", 200, CHANGED).headers["last-modified"] == date
    assert answer(request(if_modified_since=date), b"a", "text/plain", 200, CHANGED).status_code == 304
    later = CHANGED + timedelta(seconds=1)
    assert answer(request(if_modified_since=date), b"a", "text/plain", 200, later).status_code == 200
    mixed = request(if_modified_since=date, if_none_match='"x"')
    assert answer(mixed, b"a", "text/plain", 200, CHANGED).status_code == 200


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Apr 2026 07:49:30 GMT", "1" * 5000])
def test_a_date_that_is_none_is_passed_over(date: str) -> None:
    assert answer(request(if_modified_since=date), b"a", "text/plain", 200, CHANGED).status_code == 200


def test_a_fault_is_never_answered_with_304() -> None:
    tag = as_json(request(), {"a": 1}, 404).headers["etag"]
    assert as_json(request(if_none_match=tag), {"a": 1}, 404).status_code == 404


def test_an_unknown_name_in_a_template_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        templates().from_string("{{ missing }}").render()


def test_templates_escape_what_they_are_given() -> None:
    assert templates().from_string("{{ text }}").render(text="<script>") == "&lt;script&gt;"


def test_no_template_carries_inline_style_or_script() -> None:
    loader = templates().loader
    assert loader is not None
    for name in loader.list_templates():
        source = loader.get_source(templates(), name)[0]
        assert "style=" not in source, name
        assert "<style" not in source, name
        assert "onclick" not in source, name
        assert source.count("<script") == source.count("<script src="), name


def test_a_static_address_holds_the_hash_of_its_content(empty: TestClient) -> None:
    assert static_url("carnet.css") in empty.get("/").text
