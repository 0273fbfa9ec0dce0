"""Deletion, and what is held meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.errors import GoneError
from carnet.model.record import HOLD, Scope
from carnet.records import erasing, works
from carnet.records.chronicle import signer
from carnet.records.exporting import training
from carnet.records.holding import hold, release
from carnet.records.keeping import resume
from carnet.records.receipts import completed, past, receipt_faults
from carnet.records.surveying import partitions
from tests.records.kept import ACME, ANN, PAT, QUINN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.records.receipts import Receipt
    from tests.records.kept import Shelf


def held(shelf: Shelf, session: str) -> None:
    hold(shelf.store, shelf.keyring, shelf.sessions(session), "a matter", shelf.now)


def released(shelf: Shelf, session: str) -> tuple[Receipt, ...]:
    """Release a session and do what was waiting for it."""
    release(shelf.store, shelf.keyring, shelf.sessions(session), "settled", shelf.now)
    return resume(shelf.store, shelf.keyring, shelf.now)


def numbers(answer: Mapping[str, object]) -> tuple[object, object, object]:
    return answer["sessions"], answer["records"], answer["bytes"]


def test_a_session_goes_and_its_neighbours_stay(shelf: Shelf) -> None:
    gone = [shelf.kept("one"), shelf.later(minutes=1).kept("four")]
    stays = shelf.kept("other", session="s2")
    receipt = shelf.erase(session="s1")
    assert (receipt.answer["state"], *numbers(receipt.answer)) == ("done", 1, 2, 7)
    assert shelf.ids() == {stays}
    for one in gone:
        with pytest.raises(GoneError):
            shelf.shown(one)
    assert receipt_faults(receipt.answer) == []
    assert shelf.store.catalogue.works() == []
    assert shelf.faults() == []


def test_no_erasure_is_of_everything(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="needs a scope"):
        erasing.begin(shelf.store, Scope(), shelf.now, {})


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ({"account": ANN}, {"pat", "quinn", "repo"}),
        ({"org": ACME}, {"pat", "quinn", "repo"}),
        ({"org": "people"}, {"ann"}),
        ({"repository": "git.test/r"}, {"ann", "pat", "quinn"}),
        ({"account": PAT, "repository": "git.test/r"}, {"ann", "pat", "quinn"}),
        ({"account": ANN, "session": "repo"}, {"ann", "pat", "quinn", "repo"}),
        ({"session": "nobody has it"}, {"ann", "pat", "quinn", "repo"}),
    ],
)
def test_by_account_organisation_and_repository(shelf: Shelf, names: dict[str, str], left: set[str]) -> None:
    shelf.kept("a", ANN, "ann")
    shelf.kept("b", PAT, "pat")
    shelf.kept("c", QUINN, "quinn")
    shelf.kept("d", PAT, "repo", repository="git.test/r")
    shelf.erase(**names)
    assert {one.session.name for one in shelf.everything()} == left
    assert shelf.faults() == []


def test_records_of_all_partitions_are_counted_once(shelf: Shelf) -> None:
    shelf.kept("long", PAT)
    shelf.kept("short", PAT, kind="metric", flow="metrics")
    shelf.kept("very long", PAT, kind="feedback", flow="feedback")
    assert len(partitions(shelf.store)) > 1
    assert numbers(shelf.erase(account=PAT).answer) == (1, 3, 18)


def test_what_is_held_is_queued_and_done_at_its_release(shelf: Shelf) -> None:
    kept = shelf.kept("held", session="s1")
    shelf.kept("loose", session="s2")
    held(shelf, "s1")
    receipt = shelf.erase(account=ANN)
    assert (receipt.queued, receipt.answer["held"], *numbers(receipt.answer)) == (True, 1, 1, 1, 5)
    assert shelf.ids() == {kept}
    assert shelf.shown(kept) == b"held"
    assert [work.id for work in works.waiting(shelf.store)] == [work.id for work in shelf.store.catalogue.works()]
    (done,) = released(shelf.later(hours=1), "s1")
    assert (done.answer["state"], *numbers(done.answer)) == ("done", 2, 2, 9)
    assert shelf.everything() == []
    assert receipt_faults(done.answer) == []
    assert completed(shelf.store, signer(shelf.store, shelf.keyring), receipt.answer).answer == done.answer
    assert shelf.faults() == []


def test_of_several_that_are_held_each_goes_at_its_own_release(shelf: Shelf) -> None:
    first, second = shelf.kept("first", session="s1"), shelf.kept("second", session="s2")
    held(shelf, "s1")
    held(shelf, "s2")
    assert shelf.erase(account=ANN).answer["held"] == 2
    assert released(shelf.later(hours=1), "s1") == ()
    assert shelf.ids() == {second}
    with pytest.raises(GoneError):
        shelf.shown(first)
    (done,) = released(shelf.later(hours=1), "s2")
    assert numbers(done.answer) == (2, 2, 11)
    assert shelf.everything() == []


def test_a_queued_erasure_does_not_take_what_its_scope_got_since(shelf: Shelf) -> None:
    shelf.kept("held", session="s1")
    held(shelf, "s1")
    shelf.erase(account=ANN)
    new = shelf.later(hours=1).kept("begun afterwards", session="s2")
    shelf.keep()
    assert new in shelf.ids()
    released(shelf, "s1")
    assert shelf.ids() == {new}
    assert shelf.shown(new) == b"begun afterwards"


def test_a_waiting_erasure_is_left_alone_by_the_keeper(shelf: Shelf) -> None:
    shelf.kept("held")
    held(shelf, "s1")
    shelf.erase(session="s1")
    before = shelf.store.catalogue.works()
    assert shelf.keep().receipts == ()
    assert shelf.store.catalogue.works() == before


def test_nothing_that_waits_for_its_erasure_is_exported(shelf: Shelf) -> None:
    shelf.kept("held", PAT, "s1")
    shelf.kept("loose", PAT, "s2")
    held(shelf, "s1")
    erasing.begin(shelf.store, Scope(session="s1"), shelf.now, {"session": "s1"})
    lines = [json.loads(line) for line in training(shelf.store, shelf.keyring, shelf.now)]
    assert [line["session"] for line in lines[:-1]] == ["s2"]


def test_an_interrupted_erasure_is_finished_with_the_numbers_it_began_with(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.kept("four")
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_summed", _stop)
        with pytest.raises(KeyboardInterrupt):
            shelf.erase(session="s1")
    (done,) = shelf.later(days=1).keep().receipts
    assert numbers(done.answer) == (1, 1, 4)
    assert str(done.answer["keys_destroyed"]) < str(done.answer["finished"])


def test_stopped_behind_its_entry_it_writes_no_second_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept()
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "publish_log", _stop)
        with pytest.raises(KeyboardInterrupt):
            shelf.erase(session="s1")
    (done,) = shelf.later(days=1).keep().receipts
    assert [row["receipt"] for row in past(shelf.store)] == [done.answer["receipt"]]
    assert receipt_faults(done.answer) == []
    assert shelf.faults() == []


def _stop(*_args: object) -> None:
    raise KeyboardInterrupt


def test_keys_go_before_anything_else(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept()
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_count", _stop)
        with pytest.raises(KeyboardInterrupt):
            shelf.erase(session="s1")
    assert shelf.ids() == {kept}, "its row is still there"
    with pytest.raises(GoneError, match="destroyed"):
        shelf.shown(kept)
    assert all(not shelf.store.keys.used(one.name) for one in partitions(shelf.store))


def test_what_the_log_knew_of_its_holds_is_forgotten_and_the_log_stays_whole(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    shelf.kept(session="s2")
    for session in ("s1", "s2"):
        held(shelf, session)
        released(shelf, session)
    shelf.erase(session="s1")
    told = json.dumps(shelf.store.catalogue.openings(100))
    assert '"s1"' not in told
    assert '"s2"' in told
    assert shelf.faults() == []


def test_a_session_that_was_moved_leaves_no_second_copy_of_its_key(shelf: Shelf) -> None:
    for day in range(2):
        shelf.later(days=day).kept(str(day), PAT)
    shelf.consent(PAT, "off")  # the two now lie in two partitions, under one key
    held(shelf, "s1")
    assert len(shelf.store.keys.used(HOLD)) == 1
    release(shelf.store, shelf.keyring, shelf.sessions("s1"), "settled", shelf.now)
    shelf.erase(session="s1")
    assert [shelf.store.keys.used(one.name) for one in partitions(shelf.store) if shelf.store.keys.used(one.name)] == []
    assert shelf.faults() == []
