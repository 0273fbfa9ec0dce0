from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.account import Organisation
from carnet.model.upstream import Upstream

if TYPE_CHECKING:
    from carnet.stores.contract import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ONE = Upstream("one", "messages", "https://one.test/api", "anthropic", NOW, "ONE_KEY", (("x-team", "TEAM"),), 7)


def test_upstreams_come_back_as_they_were_in_the_order_to_try(store: Store) -> None:
    upstreams, before = store.records.upstreams, store.records.catalogue.generation()
    first = replace(ONE, name="zero", priority=1, enabled=False, key_env="", headers=())
    for one in (ONE, first, replace(ONE, name="alike")):
        upstreams.add(one)
    assert upstreams.listed() == [first, replace(ONE, name="alike"), ONE]
    assert store.records.catalogue.generation() == before + 3


def test_a_change_and_a_removal_hold_and_are_told(store: Store) -> None:
    upstreams = store.records.upstreams
    upstreams.add(ONE)
    before = store.records.catalogue.generation()
    upstreams.change(replace(ONE, enabled=False, priority=1))
    assert upstreams.listed() == [replace(ONE, enabled=False, priority=1)]
    upstreams.remove("one")
    assert upstreams.listed() == []
    assert store.records.catalogue.generation() == before + 2
    with pytest.raises(NotFoundError, match="carnet upstream list"):
        upstreams.remove("one")
    with pytest.raises(NotFoundError, match="carnet upstream list"):
        upstreams.change(ONE)


def test_a_name_is_taken_once_and_an_owner_must_be_there(store: Store) -> None:
    store.records.upstreams.add(ONE)
    with pytest.raises(AlreadyThereError):
        store.records.upstreams.add(ONE)
    with pytest.raises(NotFoundError, match="organisation"):
        store.records.upstreams.add(replace(ONE, name="two", organisation=9))


def test_an_organisations_own_upstreams_go_with_it(store: Store) -> None:
    owner = store.records.directory.add_organisation(Organisation(0, "acme", "commercial", "team", NOW))
    store.records.upstreams.add(ONE)
    store.records.upstreams.add(replace(ONE, name="own", organisation=owner.id))
    store.records.directory.remove_organisation(owner.id)
    assert store.records.upstreams.listed() == [ONE]
