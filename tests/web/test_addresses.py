from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.instants import parse_instant
from carnet.errors import NotFoundError
from carnet.model.document import Version
from carnet.web.addresses import Kind, instant, keys, of_document, of_pair, read_address

KNOWN = {"c/a", "c/a/at/b", "c/x.json", "c/guides/setup"}
AT = datetime(2026, 4, 22, 3, 58, 10, tzinfo=UTC)


def versions(*instants: datetime) -> list[Version]:
    return [Version(1, n, at, f"{n:064x}", 1, n) for n, at in enumerate(instants, 1)]


@pytest.mark.parametrize(
    ("rest", "kind", "document", "span", "json"),
    [
        ("c/a", Kind.TIMELINE, "c/a", "", False),
        ("c/a.json", Kind.TIMELINE, "c/a", "", True),
        ("c/guides/setup", Kind.TIMELINE, "c/guides/setup", "", False),
        ("c/a/2026-04-22..2026-04-24", Kind.COMPARISON, "c/a", "2026-04-22..2026-04-24", False),
        ("c/a/2026-04-22..2026-04-24.json", Kind.COMPARISON, "c/a", "2026-04-22..2026-04-24", True),
        ("c/a/..2026-04-24", Kind.COMPARISON, "c/a", "..2026-04-24", False),
        ("c/a/at/2026-04-22T0358", Kind.VERSION, "c/a", "2026-04-22T0358", False),
        ("c/a/at/2026-04-22T0358.json", Kind.VERSION, "c/a", "2026-04-22T0358", True),
        ("c/a/at/2026-04-22T0358.txt", Kind.TEXT, "c/a", "2026-04-22T0358", False),
        ("c/a/feed.atom", Kind.ATOM, "c/a", "", False),
        ("c/a/feed.json", Kind.JSON_FEED, "c/a", "", False),
        ("c/a/at/b", Kind.TIMELINE, "c/a/at/b", "", False),
        ("c/x.json", Kind.TIMELINE, "c/x.json", "", False),
        ("c/x.json.json", Kind.TIMELINE, "c/x.json", "", True),
    ],
)
def test_a_path_names_one_page(rest: str, kind: Kind, document: str, span: str, json: bool) -> None:  # noqa: FBT001
    found = read_address(rest, KNOWN)
    assert (found.kind, found.document, found.span, found.json) == (kind, document, span, json)


@pytest.mark.parametrize("rest", ["", "c", "c/none", "c/a/x", "c/a/at", "c/a/at/x/y", "c/none/2026..2027", "../c/a"])
def test_a_path_that_names_nothing_is_not_found(rest: str) -> None:
    with pytest.raises(NotFoundError):
        read_address(rest, KNOWN)


def test_names_are_quoted_but_their_slashes_are_kept() -> None:
    assert of_document('c/<b>"a"') == "/documents/c/%3Cb%3E%22a%22"
    assert of_pair("c/a", "2026-04-22T0358", "x?y#z") == "/documents/c/a/2026-04-22T0358..x%3Fy%23z"


def test_a_version_goes_by_its_minute_where_that_is_enough() -> None:
    assert keys(versions(AT, AT + timedelta(minutes=1))) == {1: "2026-04-22T0358", 2: "2026-04-22T0359"}


def test_versions_of_one_minute_go_by_their_second() -> None:
    assert keys(versions(AT, AT + timedelta(seconds=1)))[1] == "2026-04-22T03:58:10Z"


def test_versions_of_one_instant_go_by_their_digest() -> None:
    assert keys(versions(AT, AT)) == {1: f"{1:064x}", 2: f"{2:064x}"}


def test_a_version_of_a_clock_that_went_backwards_goes_by_its_digest() -> None:
    hour = timedelta(hours=1)
    assert keys(versions(AT, AT + 5 * hour, AT + hour, AT + 6 * hour)) == {
        1: "2026-04-22T0358",
        2: f"{2:064x}",
        3: f"{3:064x}",
        4: "2026-04-22T0958",
    }


@given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_key_of_a_minute_is_read_as_the_end_of_that_minute(at: datetime) -> None:
    read = parse_instant(instant(at))
    assert at <= read < at + timedelta(minutes=1)
