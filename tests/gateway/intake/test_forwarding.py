"""What a sink gets next: found by when it came about, however late it comes to light, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.intake import forwarding
from carnet.gateway.intake.forwarding import batch, floor
from carnet.model.record import Scope
from carnet.records.holding import hold
from tests.gateway.intake.collecting import Collector, sink_at
from tests.records.kept import ACME, NOW, Shelf

if TYPE_CHECKING:
    from carnet.model.sink import Sink
    from carnet.stores.contract import Store

METRIC = {"kind": "metric", "flow": "metrics"}
BODY = b'{"protocol":"statsig","events":[{"eventName":"e"}]}'


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store.records).settle()


@pytest.fixture
def sink(shelf: Shelf) -> Sink:
    return sink_at(shelf, Collector(9))


def taken(shelf: Shelf, sink: Sink, most: int = 200) -> int:
    """Records of the next batch, as if a collector had taken it."""
    found = batch(shelf.store, shelf.keyring, sink, shelf.now, most)
    shelf.store.sinks.advance(sink.name, found.progress, found.chunks, floor(found.progress.through))
    return found.records


def test_what_comes_to_light_late_is_found(shelf: Shelf, sink: Sink) -> None:
    shelf.later(minutes=10)
    shelf.kept(BODY, session="a", **METRIC)
    assert taken(shelf, sink) == 1
    shelf.now -= timedelta(minutes=4)
    shelf.kept(BODY, session="b", **METRIC)
    shelf.later(minutes=4)
    assert taken(shelf, sink) == 1
    assert taken(shelf, sink) == 0


def test_what_was_sent_is_forgotten_once_it_cannot_be_found_again(shelf: Shelf, sink: Sink) -> None:
    shelf.kept(BODY, **METRIC)
    assert taken(shelf, sink) == 1
    shelf.later(minutes=11)
    assert taken(shelf, sink) == 0
    assert shelf.store.sinks.forwarded("own") == set()


def test_more_than_a_batch_goes_out_in_its_order(shelf: Shelf, sink: Sink) -> None:
    for number in range(5):
        shelf.later(minutes=7)
        shelf.kept(BODY, session=f"s{number}", **METRIC)
    assert [taken(shelf, sink, 2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_batch_has_so_many_bytes_or_one_chunk(shelf: Shelf, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "MOST_BYTES", 10)
    shelf.kept(BODY, session="a", **METRIC)
    shelf.kept(BODY, session="b", **METRIC)
    assert [taken(shelf, sink) for _ in range(3)] == [1, 1, 0]


def test_what_is_moved_because_it_is_held_does_not_go_out_again(shelf: Shelf, sink: Sink) -> None:
    shelf.kept(BODY, **METRIC)
    assert taken(shelf, sink) == 1
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "why", shelf.now)
    assert taken(shelf, sink) == 0


def test_after_the_clock_was_put_back_what_is_new_goes_out(shelf: Shelf, sink: Sink) -> None:
    shelf.later(hours=1)
    taken(shelf, sink)
    shelf.now = NOW + timedelta(minutes=30)
    shelf.kept(BODY, **METRIC)
    assert taken(shelf, sink) == 1


def test_of_what_nobody_may_keep_today_nothing_goes_out_tomorrow(shelf: Shelf, sink: Sink) -> None:
    shelf.kept(BODY, **METRIC)
    shelf.change(ACME, {"zdr": True})
    assert taken(shelf, sink) == 0
    shelf.change(ACME, {"zdr": False})
    assert taken(shelf, sink) == 0


def test_a_damaged_chunk_keeps_no_other_from_going_out(shelf: Shelf, sink: Sink) -> None:
    first = shelf.kept(BODY, session="a", **METRIC)
    shelf.kept(BODY, session="b", **METRIC)
    row = next(one for one in shelf.everything() if one.id == first)
    (key,) = shelf.store.partition(row.partition).scoped_keys(Scope(session=row.session.name))
    shelf.store.keys.destroy(row.partition, [key.slot])
    assert taken(shelf, sink) == 1
