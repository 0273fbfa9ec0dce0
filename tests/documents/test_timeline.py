"""Timelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.instants import parse_since, parse_until
from carnet.documents.lookup import find_document
from carnet.documents.timeline import collection_timeline, document_timeline
from tests import make

if TYPE_CHECKING:
    from datetime import date, datetime

    from carnet.stores.contract import DocumentStore, Store

APRIL = (
    "Wed 1 07:09, Thu 2 16:46, Fri 3 06:58, Sat 4 11:21, Sun 5 06:56, Wed 8 11:47, Thu 9 11:47, Sat 11 03:35, "
    "Tue 14 16:57, Wed 15 03:58, Fri 17 04:01, Sat 18 16:28, Tue 21 11:56, Wed 22 03:58, Fri 24 07:49, Sat 25 03:50, "
    "Tue 28 12:22, Wed 29 17:17"
)


@pytest.fixture
def documents(store: Store) -> DocumentStore:
    """Two pages: one changed on three hours of two days, one on the second day only."""
    for name, hours in {"one": (1, 5, 30), "two": (0, 47)}.items():
        page = store.documents.add_document(make.document(name))
        store.documents.record([make.observation(page.id, hour, f"{name} {hour}".encode()) for hour in hours])
    return store.documents


def collection(
    documents: DocumentStore, since: str | None = None, until: str | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """The collection's entries between two written dates."""
    first = parse_since(since) if since else None
    last = parse_until(until) if until else None
    found = collection_timeline(documents, "agent", first, last)
    return [(f"{entry.at:%d %H:%M}", entry.documents) for entry in found]


def test_an_entry_is_the_last_change_of_a_day(documents: DocumentStore) -> None:
    assert collection(documents) == [("01 05:00", ("one", "two")), ("02 23:00", ("one", "two"))]


def test_a_check_without_change_makes_no_entry(documents: DocumentStore) -> None:
    page = find_document(documents, "one")
    documents.record([make.observation(page.id, 80, b"one 30")])
    documents.record_attempt(make.attempt(page.id, 100))

    assert [at for at, _ in collection(documents)] == ["01 05:00", "02 23:00"]


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-04-02", None, ["02 23:00"]),
        (None, "2026-04-01", ["01 05:00"]),
        ("2026-04-01", "2026-04-02", ["01 05:00", "02 23:00"]),
        ("2026-04-01T05:00", "2026-04-01T05:00", ["01 05:00"]),
        (None, "2026-04-01T04:59", []),
        ("2026-04-03", None, []),
    ],
)
def test_both_ends_of_a_range_are_included(
    documents: DocumentStore, since: str | None, until: str | None, days: list[str]
) -> None:
    assert [at for at, _ in collection(documents, since, until)] == days


def test_a_document_has_one_entry_a_version(documents: DocumentStore) -> None:
    page = find_document(documents, "one")

    whole = document_timeline(documents, page)
    part = document_timeline(documents, page, parse_since("2026-04-01T05:00"), parse_until("2026-04-01"))

    assert [entry.version.number for entry in whole] == [1, 2, 3]
    assert part == whole[1:2]


def test_an_unknown_collection_has_no_entries(documents: DocumentStore) -> None:
    assert collection_timeline(documents, "other") == []


class Changes:
    """A store that knows changes only."""

    def __init__(self, rows: list[tuple[datetime, str]]) -> None:
        self.rows = rows

    def changes(
        self, collection: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[datetime, str]]:
        """The changes between two instants."""
        assert collection == "agent"
        return [row for row in self.rows if (not since or row[0] >= since) and (not until or row[0] <= until)]


@given(st.lists(st.tuples(st.integers(0, 24 * 30).map(make.at), st.sampled_from("abc")), max_size=40))
def test_every_day_with_a_change_has_one_entry_whatever_the_order(rows: list[tuple[datetime, str]]) -> None:
    by_day: dict[date, list[tuple[datetime, str]]] = {}
    for at, name in rows:
        by_day.setdefault(at.date(), []).append((at, name))

    found = collection_timeline(Changes(rows), "agent")  # type: ignore[arg-type]

    assert [(entry.at, entry.documents) for entry in found] == [
        (max(at for at, _ in by_day[day]), tuple(sorted({name for _, name in by_day[day]}))) for day in sorted(by_day)
    ]


@pytest.mark.corpus
def test_the_bundled_history_has_145_entries_and_april_to_the_minute(kept: DocumentStore) -> None:
    found = collection_timeline(kept, "claude-code")
    april = [entry for entry in found if (entry.at.year, entry.at.month) == (2026, 4)]

    assert len(found) == 145
    assert ", ".join(f"{entry.at:%a} {entry.at.day} {entry.at:%H:%M}" for entry in april) == APRIL
