"""From the spool into the store, before anything is ended or erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError, UnreadError
from carnet.model.record import Scope
from carnet.records.draining import drain, drain_all
from carnet.records.keeping import resume
from carnet.records.putting import Writer
from carnet.records.reading import listing
from carnet.records.spool import Spool
from tests.records.kept import ACME, ANN, PAT, QUINN, mend, ruin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records.kept import Shelf


def _spool(shelf: Shelf) -> Spool:
    return Spool(shelf.store.spool, shelf.keyring.spool_key())


def test_nothing_waits_at_first(shelf: Shelf) -> None:
    done = drain_all(shelf.store, shelf.now)
    assert (done.kept, done.refused, done.damaged) == (0, 0, 0)
    assert shelf.store.catalogue.fact("spool.slot") is None


def test_what_waits_is_kept_by_the_terms_as_they_stand_then(shelf: Shelf) -> None:
    spool = _spool(shelf)
    spool.add([shelf.draft("a"), shelf.draft("b", PAT)], 1)
    spool.add([shelf.draft("c", session="s2")], 2)
    shelf.change(ACME, {"zdr": True})
    done = drain_all(shelf.store, shelf.now)
    assert (done.kept, done.refused) == (1, 2)
    assert [shelf.shown(one.id) for one in shelf.everything()] == [b"b"]
    assert spool.names() == []


def test_a_part_of_it_is_taken_where_that_is_asked(shelf: Shelf) -> None:
    spool = _spool(shelf)
    for number in range(3):
        spool.add([shelf.draft(str(number))], number)
    assert drain(shelf.writer, spool, shelf.now, 2).kept == 2
    assert len(spool.names()) == 1


def test_a_damaged_batch_holds_no_other_up(shelf: Shelf) -> None:
    spool = _spool(shelf)
    spool.add([shelf.draft("a")], 1)
    spool.add([shelf.draft("b")], 2)
    file = shelf.store.spool / spool.names()[0]
    file.write_bytes(b"x" * 100)
    done = drain(shelf.writer, spool, shelf.now)
    assert (done.kept, done.damaged) == (1, 1)
    assert spool.names() == []


def test_while_the_store_is_away_everything_goes_on_waiting(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = _spool(shelf)
    spool.add([shelf.draft("a")], 1)

    def away(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("carnet.records.putting.write_groups", away)
        with pytest.raises(StoreError):
            drain(shelf.writer, spool, shelf.now)
    assert len(spool.names()) == 1
    assert drain(shelf.writer, spool, shelf.now).kept == 1


def _killed(*_: object) -> None:
    raise SystemExit("killed")


def test_a_batch_whose_process_is_killed_behind_the_stores_answer_is_put_once(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = _spool(shelf)
    spool.add([shelf.draft("a"), shelf.draft("b", PAT), shelf.draft("c", session="s2")], 1)
    spool.add([shelf.draft("d")], 2)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "remove", _killed)
        with pytest.raises(SystemExit):
            drain(shelf.writer, spool, shelf.now)
    assert len(spool.names()) == 2
    drain(Writer(shelf.store), _spool(shelf), shelf.now)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"a", b"b", b"c", b"d"]
    assert spool.names() == []
    assert shelf.faults() == []


def test_of_a_batch_that_was_put_in_part_the_rest_is_put_whatever_the_terms_became(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = _spool(shelf)
    spool.add([shelf.draft("a"), shelf.draft("b", PAT), shelf.draft("c"), shelf.draft("d", QUINN)], 1)
    _kill_behind_partition(shelf, spool, monkeypatch)
    there = {shelf.shown(one.id) for one in shelf.everything()}
    assert 0 < len(there) < 4
    shelf.consent(PAT, "off")
    with monkeypatch.context() as patch:  # and killed once more, behind all of it
        patch.setattr(Spool, "remove", _killed)
        with pytest.raises(SystemExit):
            drain(Writer(shelf.store), spool, shelf.now)
    drain(Writer(shelf.store), spool, shelf.now)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"a", b"b", b"c", b"d"]
    assert shelf.faults() == []


def _kill_behind_partition(shelf: Shelf, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.records import writing  # noqa: PLC0415

    write, written = writing._write_partition, list[object]()

    def once(*args: object) -> None:
        if written:
            _killed()
        written.append(write(*args))  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_write_partition", once)
        with pytest.raises(SystemExit):
            drain(shelf.writer, spool, shelf.now)


def test_nothing_of_a_batch_is_named_once_it_is_done(shelf: Shelf) -> None:
    _spool(shelf).add([shelf.draft("a")], 1)
    drain_all(shelf.store, shelf.now)
    assert shelf.store.catalogue.fact("spool.begun") == ""


def test_an_erasure_takes_what_was_spooled_too(shelf: Shelf) -> None:
    shelf.kept("stored", session="gone")
    _spool(shelf).add([shelf.draft("spooled", session="gone"), shelf.draft("other", session="stays")], 1)
    resume(shelf.store, shelf.keyring, shelf.now)
    assert shelf.erase(account=ANN, session="gone").answer["records"] == 2
    assert {one.session.name for one in shelf.everything()} == {"stays"}
    assert shelf.faults() == []


def test_the_key_of_the_spool_outlives_a_sweep_and_a_new_root(shelf: Shelf) -> None:
    key = shelf.keyring.spool_key()
    shelf.keyring.sweep_ring()
    shelf.keyring.rotate_root()
    assert shelf.keyring.spool_key() == key
    assert shelf.keyring.log_key() != key


def test_the_keeper_puts_what_waits_into_the_store(shelf: Shelf) -> None:
    _spool(shelf).add([shelf.draft("spooled")], 1)
    shelf.keep()
    assert [shelf.shown(one.id) for one in shelf.everything()] == [b"spooled"]
    assert shelf.faults() == []


LOST = "years5-2031-04"


def test_what_is_bound_for_a_damaged_file_waits_alone_and_holds_no_other_up(shelf: Shelf, data: Path) -> None:
    shelf.kept("before", PAT)
    content = ruin(shelf, data, LOST)
    spool = _spool(shelf)
    spool.add([shelf.draft("a"), shelf.draft("b", PAT), shelf.draft("c")], 1)
    spool.add([shelf.draft("d", PAT)], 2)
    spool.add([shelf.draft("e")], 3)
    done = drain(shelf.writer, spool, shelf.now, 1)
    assert (done.kept, done.refused, done.waiting) == (2, 0, 1)
    done = drain(shelf.writer, spool, shelf.now, 2)
    assert (done.kept, done.waiting) == (1, 1), "those that rest are no part of the oldest two"
    assert len(spool.names()) == 2
    assert drain(shelf.writer, spool, shelf.now).waiting == 0
    with pytest.raises(UnreadError, match=r"2 records go on waiting.*part-years5-2031-04\.db is damaged"):
        drain_all(shelf.store, shelf.now)
    assert sorted(shelf.shown(one.id) for one in listing(shelf.store, Scope(), "", [])) == [b"a", b"c", b"e"]
    mend(data, LOST, content)
    assert drain_all(shelf.store, shelf.now).kept == 2
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"a", b"b", b"before", b"c", b"d", b"e"]
    assert (spool.names(), shelf.faults()) == ([], [])


@pytest.mark.parametrize("step", ["leave", "rest"])
def test_killed_beside_a_damaged_file_nothing_is_lost_and_nothing_is_there_twice(
    shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shelf.kept("before", PAT)
    content = ruin(shelf, data, LOST)
    spool = _spool(shelf)
    spool.add([shelf.draft("a"), shelf.draft("b", PAT), shelf.draft("c", session="s2")], 1)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, step, _killed)
        with pytest.raises(SystemExit):
            drain(shelf.writer, spool, shelf.now)
    assert drain(Writer(shelf.store), _spool(shelf), shelf.now).waiting == 1
    mend(data, LOST, content)
    drain(Writer(shelf.store), _spool(shelf), shelf.now)
    assert sorted(shelf.shown(one.id) for one in shelf.everything()) == [b"a", b"b", b"before", b"c"]
    assert (spool.names(), shelf.faults()) == ([], [])


def test_a_deletion_waits_for_what_waits(shelf: Shelf, data: Path) -> None:
    shelf.kept("before", PAT)
    content = ruin(shelf, data, LOST)
    _spool(shelf).add([shelf.draft("b", PAT)], 1)
    receipt = shelf.erase(account=PAT)
    assert (receipt.queued, receipt.answer["unread"]) == (True, ["spool", LOST])
    mend(data, LOST, content)
    (done,) = shelf.keep().receipts
    assert (done.answer["records"], shelf.everything(), shelf.faults()) == (2, [], [])
