from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.model.record import Scope
from carnet.records import holding
from carnet.records.answers import Names
from carnet.records.scoping import sessions_of
from carnet.web import record_rows as rows_of
from carnet.web.amounts import chunks_of
from carnet.web.record_rows import (
    amount_answer,
    by_class,
    by_session,
    class_words,
    record_rows,
    row_answer,
    session_answer,
    session_rows,
    whose,
)
from tests.records.kept import ANN, PAT

if TYPE_CHECKING:
    from tests.records.kept import Shelf


@pytest.mark.parametrize(
    ("retention", "words"),
    [("days30", "30 days"), ("years5", "5 years"), ("days7", "7 days"), ("days1", "1 day"), ("months2", "2 months")],
)
def test_a_class_in_words(retention: str, words: str) -> None:
    assert class_words(retention) == words


def test_a_page_says_where_the_next_begins(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_of, "PAGE", 3)
    ids = [shelf.later(minutes=1).kept(f"body {number}") for number in range(7)]
    found: list[str] = []
    names, before = Names(shelf.store), ""
    while True:
        page = record_rows(shelf.store, names, Scope(), shelf.now, "", before)
        found += [one.record.id for one in page.rows]
        before = page.older
        if not before:
            break
    assert found == ids[::-1]


def test_a_row_of_a_twin_is_what_the_command_prints_and_its_explanation(shelf: Shelf) -> None:
    shelf.kept("a secret")
    row = record_rows(shelf.store, Names(shelf.store), Scope(), shelf.now).rows[0]
    answer = row_answer(row)
    assert {**row.answer, "explain": answer["explain"]} == answer
    assert answer["session"] == "s1"
    assert "a secret" not in str(answer)


def test_a_rating_is_nobody_s_and_has_no_session_to_open(shelf: Shelf) -> None:
    shelf.kept("5", PAT, kind="rating", flow="survey")
    found = whose(shelf.everything()[0].session, Names(shelf.store))
    assert (found.account, found.account_href, found.session_href) == ("", "", "")
    assert found.org_href == "/accounts/organisation?org=people"


def test_sessions_with_the_newest_records_come_first(shelf: Shelf) -> None:
    shelf.kept(session="old", account=ANN)
    shelf.later(hours=1).kept(session="new", account=ANN)
    sums = by_session(chunks_of(shelf.store, Scope()))
    found = session_rows(sessions_of(shelf.store, Scope()), sums, Names(shelf.store))
    assert [row.whose.session for row in found] == ["new", "old"]
    assert session_answer(found[0])["records"] == 1


def test_what_is_held_is_summed_apart(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    shelf.kept(session="s2")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    found = by_class(chunks_of(shelf.store, Scope()), Names(shelf.store))
    assert {name: one.records for name, one in found.items()} == {"held": 1, "days30": 1}


def test_nothing_is_an_amount_too() -> None:
    assert amount_answer(None)["records"] == 0
