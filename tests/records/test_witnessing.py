"""What decides about records was changed behind the log's back: verifying names it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from carnet.errors import NotFoundError
from carnet.records import holding
from carnet.records.changing import change_consent
from carnet.records.witnessing import contradictions, loosens
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def change(data: Path, statement: str) -> int:
    """Change the catalogue as nobody should."""
    with closing(sqlite3.connect(data / "records" / "catalogue.db", isolation_level=None)) as connection:
        return connection.execute(statement).rowcount


def acted(shelf: Shelf) -> None:
    """Every act the log knows of, and some taken back."""
    for account in (ANN, PAT):
        shelf.kept("words", account, "s1")
    for session in ("s1", "s2"):
        shelf.kept("words", QUINN, session)
        sessions = [one for one in shelf.sessions(session) if one.account == shelf.account(QUINN).id]
        holding.hold(shelf.store, shelf.keyring, sessions, "court", shelf.now)
    holding.release(shelf.store, shelf.keyring, shelf.sessions("s2"), "over", shelf.now)
    shelf.change(ACME, {"zdr": True, "dpp": True, "product-feedback": False})
    shelf.change(ACME, {"dpp": False}, {"inference": "days7"})
    shelf.consent(PAT, "off")
    shelf.consent(QUINN, "on")


def test_what_was_done_as_it_should_contradicts_nothing(shelf: Shelf) -> None:
    acted(shelf)
    assert list(contradictions(shelf.store)) == []
    shelf.consent(PAT, "on")
    shelf.change(ACME, {"zdr": False, "product-feedback": True})
    shelf.erase(account=PAT)
    assert shelf.faults() == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM hold", "session 's1' is held by the log, and by no row"),
        ("UPDATE hold SET session = 'other'", "session 's1' is held by the log"),
        ("UPDATE organisation SET zdr = 0", "acme: zdr is on by the log, and off by its row"),
        ("UPDATE organisation SET dpp = 1 WHERE name = 'acme'", "acme: dpp is off by the log, and on by its row"),
        ("UPDATE organisation SET product_feedback = 1", "acme: product-feedback is off by the log, and on by its row"),
        ("UPDATE account SET consent = 1", f"{PAT}: consent is off by the log, and on by its row"),
        ("UPDATE opening SET words = replace(words, '\"off\"', '\"on\"')", "is not what it committed to"),
        ("UPDATE opening SET words = replace(words, '\"hold\"', '\"release\"')", "is not what it committed to"),
        ("UPDATE opening SET words = replace(words, 'court', 'fun')", "is not what it committed to"),
        ("UPDATE account SET organisation = 77", "rows of `account` name an `organisation` that is not there"),
        ("DELETE FROM account WHERE email = 'ann@acme.test'", ""),
        ("DELETE FROM organisation WHERE name = 'acme'", "name an `organisation` that is not there"),
        ("DELETE FROM entry WHERE seq = 1", "entries of the log"),
        ("UPDATE organisation SET keep = '{' WHERE name = 'acme'", "has a `keep` that says nothing"),
    ],
)
def test_a_row_that_was_changed_is_named(shelf: Shelf, data: Path, statement: str, named: str) -> None:
    acted(shelf)
    assert change(data, statement) > 0
    if named:
        assert any(fault.startswith("catalogue: ") and named in fault for fault in shelf.faults())


def test_an_act_that_is_cut_short_contradicts_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    acted(shelf)
    steps: list[Callable[[], object]] = [
        lambda: change_consent(shelf.store, shelf.keyring, shelf.account(PAT), "on", shelf.now),
        lambda: change_consent(shelf.store, shelf.keyring, shelf.account(QUINN), "off", shelf.now),
        lambda: shelf.change(ACME, {"zdr": False, "dpp": True, "product-feedback": True}),
        lambda: holding.release(shelf.store, shelf.keyring, shelf.sessions("s1"), "over", shelf.now),
        lambda: holding.hold(shelf.store, shelf.keyring, shelf.sessions("s2"), "again", shelf.now),
    ]
    for place in (
        *("directory.change_account", "directory.change_organisation"),
        *("catalogue.remove_hold", "catalogue.add_hold", "catalogue.add_entry"),
    ):
        station, method = place.split(".")
        for step in steps:
            with monkeypatch.context() as patch:
                patch.setattr(type(getattr(shelf.store, station)), method, _stop)
                with suppress(KeyboardInterrupt, NotFoundError):
                    step()
            assert list(contradictions(shelf.store)) == []


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_takes_a_safeguard_away_is_known() -> None:
    assert [loosens("zdr", "off"), loosens("dpp", "on"), loosens("consent", "on")] == [True] * 3
    assert [loosens("zdr", "on"), loosens("dpp", "off"), loosens("keep", "on")] == [False] * 3


def test_entries_are_read_page_by_page(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    acted(shelf)
    monkeypatch.setattr("carnet.records.witnessing._AT_ONCE", 2)
    assert list(contradictions(shelf.store)) == []
