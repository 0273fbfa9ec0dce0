"""What was kept a moment ago is known, after a crash too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carnet.gateway.intake.retries import Retries, kept_lately, mark_of, marked
from carnet.model.record import Form
from carnet.records.spool import Spool
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store

MARK = bytes(range(16))
METRIC: dict[str, Any] = {"kind": "metric", "flow": "metrics", "form": Form.JSON}


def test_a_mark_stands_in_front_of_a_body_that_stays_json() -> None:
    assert marked(MARK, b'{"a":1}') == b'{"retry":"000102030405060708090a0b0c0d0e0f","a":1}'
    assert mark_of(marked(MARK, b'{"a":1}')) == MARK
    assert marked(b"", b'{"a":1}') == b'{"a":1}'


def test_a_body_without_a_mark_has_none() -> None:
    for body in (b"", b"{}", b'{"retry":"xyz"}', b'{"a":1,"retry":"000102030405060708090a0b0c0d0e0f"}'):
        assert mark_of(body) == b""


def test_marks_are_forgotten_after_the_window_and_beyond_the_bound() -> None:
    retries = Retries(most=3)
    for number in range(5):
        retries.add(bytes([number]), 0.0)
    assert [bytes([number]) in retries for number in range(5)] == [False, False, True, True, True]
    retries.add(b"new", 15 * 60 + 1.0)
    assert (len(retries), b"new" in retries) == (1, True)
    retries.forget(b"new")
    retries.forget(b"never there")
    assert len(retries) == 0


def test_a_process_that_begins_learns_what_was_kept_lately(store: Store) -> None:
    shelf = Shelf(store.records).settle()
    spool = Spool(store.records.spool, shelf.keyring.spool_key())
    old, new, waits = (bytes([number]) * 16 for number in range(3))
    shelf.put(shelf.draft(marked(old, b'{"a":1}'), **METRIC), shelf.draft("words of an exchange"))
    shelf.later(minutes=16)
    shelf.put(shelf.draft(marked(new, b'{"a":1}'), **METRIC), shelf.draft(b"{}", **METRIC))
    spool.add([shelf.draft(marked(waits, b'{"a":1}'), **METRIC)], 1)
    assert set(kept_lately(store.records, shelf.keyring, spool, shelf.now)) - {b""} == {new, waits}


def test_what_was_deleted_is_not_known_any_more(store: Store) -> None:
    shelf = Shelf(store.records).settle()
    spool = Spool(store.records.spool, shelf.keyring.spool_key())
    shelf.put(shelf.draft(marked(MARK, b'{"a":1}'), **METRIC))
    shelf.erase(session="s1")
    assert list(kept_lately(store.records, shelf.keyring, spool, shelf.now)) == []
