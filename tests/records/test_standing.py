from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.model.record import Hold
from carnet.records.standing import Standing
from tests.records.kept import ACME, ANN, NOW, PAT, PEOPLE, Shelf

if TYPE_CHECKING:
    import pytest


def test_everybody_is_there_after_the_first_look(shelf: Shelf) -> None:
    standing = Standing(shelf.store)
    assert standing.refresh() == standing.generation == shelf.store.catalogue.generation()
    assert {one.name for one in standing.organisations.values()} == {ACME, PEOPLE}
    assert standing.account(ANN) == shelf.account(ANN)
    assert standing.account("ANN@ACME.test") == shelf.account(ANN)
    assert standing.account("nobody@acme.test") is None
    assert standing.holds == {}


def test_what_is_known_is_not_asked_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = Standing(shelf.store)
    standing.refresh()
    expected = standing.account(ANN), standing.account("nobody@acme.test")
    with monkeypatch.context() as patched:
        patched.delattr(type(shelf.store.directory), "account")
        patched.delattr(type(shelf.store.directory), "organisations")
        standing.refresh()
        assert (standing.account(ANN), standing.account("nobody@acme.test")) == expected


def test_every_change_is_seen_at_the_next_look(shelf: Shelf) -> None:
    standing = Standing(shelf.store)
    standing.refresh()
    assert standing.account(PAT) is not None
    shelf.kept(account=PAT)
    shelf.change(ACME, {"dpp": True})
    shelf.consent(PAT, "off")
    session = shelf.sessions("s1")[0]
    placed = shelf.store.catalogue.add_hold(Hold(0, session, "court", NOW))
    before = standing.generation
    assert standing.refresh() > before
    assert standing.organisations[shelf.organisation(ACME).id].dpp
    found = standing.account(PAT)
    assert found is not None
    assert not found.consent
    assert standing.holds == {session: placed}
    shelf.store.catalogue.remove_hold(placed.id)
    standing.refresh()
    assert standing.holds == {}


def test_who_was_nobody_may_be_somebody_later(shelf: Shelf) -> None:
    standing = Standing(shelf.store)
    standing.refresh()
    assert standing.account("new@acme.test") is None
    shelf.store.directory.add_account(replace(shelf.account(ANN), id=0, email="new@acme.test"), [])
    standing.refresh()
    assert standing.account("new@acme.test") is not None
