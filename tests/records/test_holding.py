"""Holds, and their release."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import GoneError, NotFoundError
from carnet.model.record import HOLD
from carnet.records import holding
from carnet.records.holding import hold, release, settle
from carnet.records.receipts import past
from tests.records.kept import ANN, PAT

if TYPE_CHECKING:
    from carnet.model.record import Hold
    from tests.records.kept import Shelf


def held(shelf: Shelf, session: str = "s1", reason: str = "a matter") -> list[Hold]:
    return hold(shelf.store, shelf.keyring, shelf.sessions(session), reason, shelf.now)


def released(shelf: Shelf, session: str = "s1") -> None:
    release(shelf.store, shelf.keyring, shelf.sessions(session), "settled", shelf.now)


def places(shelf: Shelf) -> dict[str, str]:
    return {one.id: one.partition for one in shelf.everything()}


def test_what_is_held_outlives_its_end(shelf: Shelf) -> None:
    kept, loose = shelf.kept("held"), shelf.kept("loose", session="s2")
    held(shelf)
    shelf.later(days=400).keep()
    assert shelf.ids() == {kept}
    assert shelf.shown(kept) == b"held"
    with pytest.raises(GoneError):
        shelf.shown(loose)
    assert shelf.faults() == []


def test_at_its_release_what_is_over_ends_and_the_rest_goes_on(shelf: Shelf) -> None:
    over = shelf.kept("metric", PAT, kind="metric", flow="metrics")
    stays = shelf.kept("five years", PAT)
    before = {one.id: (one.expires, one.partition) for one in shelf.everything()}
    held(shelf)
    assert set(places(shelf).values()) == {HOLD}
    shelf.later(days=400)
    released(shelf)
    assert {one.id: (one.expires, one.partition) for one in shelf.everything()} == {stays: before[stays]}
    assert shelf.shown(stays) == b"five years"
    with pytest.raises(GoneError):
        shelf.shown(over)
    assert shelf.store.keys.used(HOLD) == []
    shelf.keep()
    assert shelf.faults() == []


def test_a_session_of_several_partitions_and_repositories_is_held_whole(shelf: Shelf) -> None:
    ids = {
        shelf.kept("one", PAT, repository="git.test/r"),
        shelf.kept("two", PAT, repository="git.test/q"),
        shelf.kept("three", PAT, kind="metric", flow="metrics"),
        shelf.kept("four", PAT, kind="feedback", flow="feedback"),
    }
    assert len(held(shelf)) == 3, "one for each repository, and one for none"
    assert places(shelf) == dict.fromkeys(ids, HOLD)
    assert {shelf.shown(one) for one in ids} == {b"one", b"two", b"three", b"four"}
    released(shelf)
    assert HOLD not in places(shelf).values()
    assert {shelf.shown(one) for one in ids} == {b"one", b"two", b"three", b"four"}
    shelf.keep()
    assert shelf.faults() == []


def test_another_session_of_that_name_is_not_held(shelf: Shelf) -> None:
    ours, theirs = shelf.kept("ours", ANN), shelf.kept("theirs", PAT)
    sessions = [one for one in shelf.sessions("s1") if one.account == shelf.account(ANN).id]
    hold(shelf.store, shelf.keyring, sessions, "a matter", shelf.now)
    assert places(shelf)[ours] == HOLD
    assert places(shelf)[theirs] != HOLD


def test_new_records_of_a_held_session_are_held(shelf: Shelf) -> None:
    shelf.kept("before")
    held(shelf)
    new = shelf.later(hours=1).kept("during")
    assert places(shelf)[new] == HOLD
    shelf.later(days=40).keep()
    assert shelf.shown(new) == b"during"
    released(shelf)
    assert shelf.everything() == []
    shelf.keep()
    assert shelf.faults() == []


def test_holding_again_changes_nothing(shelf: Shelf) -> None:
    shelf.kept()
    first = held(shelf, reason="first")
    again = held(shelf.later(days=1), reason="second")
    assert [(one.id, one.reason, one.placed) for one in again] == [(one.id, "first", one.placed) for one in first]
    assert len(shelf.store.catalogue.holds()) == 1


def test_a_key_held_twice_over_lies_in_one_slot(shelf: Shelf) -> None:
    shelf.kept("day one")
    held(shelf)
    shelf.later(days=1).kept("day two")
    released(shelf)
    held(shelf)
    assert len(shelf.store.keys.used(HOLD)) == 1
    assert shelf.faults() == []


def test_only_what_is_held_can_be_released(shelf: Shelf) -> None:
    shelf.kept()
    with pytest.raises(NotFoundError, match="nothing of that session is held"):
        released(shelf)


def test_holds_and_releases_are_logged(shelf: Shelf) -> None:
    shelf.kept()
    held(shelf)
    released(shelf)
    words = [words["event"] for _, words in shelf.store.catalogue.openings(10)]
    assert words[:2] == ["release", "hold"]
    assert past(shelf.store) == []
    assert shelf.faults() == []


def test_what_had_ended_does_not_come_back_by_a_hold(shelf: Shelf) -> None:
    over = shelf.kept("over")
    shelf.later(days=20)
    alive = shelf.kept("alive")
    shelf.later(days=11)
    with pytest.raises(GoneError):
        shelf.shown(over)
    held(shelf)
    with pytest.raises(GoneError):
        shelf.shown(over)
    shelf.keep()
    assert shelf.ids() == {alive}
    assert shelf.shown(alive) == b"alive"


def test_a_hold_that_was_cut_short_holds_already(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept("held")
    with monkeypatch.context() as patch:
        patch.setattr(holding, "write", _stop)
        with pytest.raises(KeyboardInterrupt):
            held(shelf)
    shelf.later(days=31)
    assert shelf.shown(kept) == b"held"
    shelf.keep()
    assert places(shelf) == {kept: HOLD}


def test_a_release_that_was_cut_short_holds_nothing_any_more(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept("held")
    held(shelf)
    shelf.later(days=20)
    with monkeypatch.context() as patch:
        patch.setattr(holding, "_let_out", _stop)
        with pytest.raises(KeyboardInterrupt):
            released(shelf)
    assert shelf.shown(kept) == b"held", "its days are not over"
    shelf.later(days=20)
    with pytest.raises(GoneError):
        shelf.shown(kept)
    held(shelf)
    with pytest.raises(GoneError):
        shelf.shown(kept)
    shelf.keep()
    assert shelf.everything() == []


def _stop(*_args: object) -> None:
    raise KeyboardInterrupt


def test_a_withdrawal_shortens_what_is_held_and_the_hold_still_holds(shelf: Shelf) -> None:
    kept = shelf.kept("held", PAT)
    shelf.later(days=100)
    held(shelf)
    shelf.consent(PAT, "off")
    (one,) = shelf.everything()
    assert (one.partition, one.expires) == (HOLD, one.created + timedelta(days=30))
    shelf.keep()
    assert shelf.shown(kept) == b"held"
    released(shelf)
    assert shelf.everything() == []


def test_settling_twice_is_settling_once(shelf: Shelf) -> None:
    shelf.kept()
    held(shelf)
    before = places(shelf), shelf.store.keys.used(HOLD)
    settle(shelf.store, shelf.keyring, shelf.now)
    assert (places(shelf), shelf.store.keys.used(HOLD)) == before
