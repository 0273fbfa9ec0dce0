"""Whom an erasure is told: sinks of that organisation with a webhook, by a name that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.record import Session
from carnet.model.sink import Sink
from carnet.records.telling import pseudonym
from tests.records.kept import ANN, NOW, PAT, Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store

METRIC = {"kind": "metric", "flow": "metrics"}


def test_a_pseudonym_is_the_same_for_one_session_and_no_other() -> None:
    key, one = bytes(32), Session(1, 2, "s")
    others = [Session(1, 3, "s"), Session(2, 2, "s"), Session(1, 2, "t"), Session(1, 2, "s", "r")]
    assert pseudonym(key, one) == pseudonym(key, Session(1, 2, "s"))
    assert len({pseudonym(key, other) for other in [one, *others]}) == 5
    assert pseudonym(key, one) != pseudonym(b"k" * 32, one)


def test_only_sinks_that_may_have_it_are_told(store: Store) -> None:
    shelf = Shelf(store.records).settle()
    for name, org, flows, hook in (
        ("all", "acme", ("metrics", "errors"), "https://h.test"),
        ("errors", "acme", ("errors",), "https://h.test"),
        ("deaf", "acme", ("metrics",), ""),
        ("theirs", "people", ("metrics",), "https://h.test"),
    ):
        owner = shelf.organisation(org).id
        store.records.sinks.add(Sink(name, owner, "https://a.test", NOW, flows, webhook=hook, webhook_key_env="V"))
    shelf.kept("{}", **METRIC)
    shelf.kept("a prompt", session="s2")
    shelf.kept("{}", account=PAT, **METRIC)
    shelf.erase(account=ANN)
    assert {one.name: store.records.sinks.waiting(one.name) for one in store.records.sinks.listed()} == {
        "all": 1, "errors": 0, "deaf": 0, "theirs": 0,
    }  # fmt: skip
