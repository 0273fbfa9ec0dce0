from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.record import Scope
from carnet.records import holding
from tests.records.kept import ANN, PAT
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def test_nothing_held_says_how_to(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    text = signed_in.get("/holds").text
    assert "Nothing is held" in text
    assert "carnet records hold" in text
    assert signed_in.get("/holds.json").json() == {"holds": [], "waiting": []}


def test_what_is_held_says_whose_since_when_and_why(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 12)
    shelf.kept(account=PAT, session="s2", repository="r")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case 17", shelf.now)
    shelf.later(days=1)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s2"), "case 18", shelf.now)
    text = words(signed_in.get("/holds").text)
    assert "2 sessions are held" in text
    assert "held since 2026-04-01 09:30 UTC case 17 1 record, 12 bytes." in text
    twin = signed_in.get("/holds.json").json()["holds"]
    assert [(one["session"], one["hold"], one["placed"][:10]) for one in twin] == [
        ("s2", "case 18", "2026-04-02"),
        ("s1", "case 17", "2026-04-01"),
    ]


def test_its_form_releases_that_session_alone(signed_in: TestClient, shelf: Shelf) -> None:
    for name in ("s1", "s2"):
        shelf.kept(session=name)
        holding.hold(shelf.store, shelf.keyring, shelf.sessions(name), "case", shelf.now)
    form = {"org": "acme", "account": ANN, "session": "s1", "reason": "over"}
    assert signed_in.post("/records/release", data=form).status_code == 303
    assert [one.session.name for one in shelf.store.catalogue.holds()] == ["s2"]


def test_deletions_that_wait_are_listed(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    queued = shelf.erase(account=ANN)
    assert f"account ann@acme.test 1 {queued.answer['receipt']}" in words(signed_in.get("/holds").text)
    waiting = signed_in.get("/holds.json").json()["waiting"]
    assert [(one["of"], one["removes"], one["held"]) for one in waiting] == [(f"account {ANN}", None, 1)]
    assert "1 deletion waiting" in words(signed_in.get("/records").text)


def test_a_hold_of_which_nothing_is_kept_yet_is_listed_too(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case", shelf.now)
    partition = shelf.store.partition("hold")
    partition.remove([one.uid for one in partition.chunks(Scope())])
    assert "Nothing is kept of it yet" in signed_in.get("/holds").text
