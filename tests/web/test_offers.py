from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.history.importing import Request, with_known_paths
from carnet.packs import load
from carnet.web.offers import offers
from tests.web import sample

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_the_public_histories_of_the_packs_are_offered_with_licence_and_size(store: Store) -> None:
    offered = offers(store)
    assert {one.address for one in offered} == {h.address for pack in load() for h in pack.histories}
    assert all(one.licence and one.size and one.description for one in offered)


def test_the_offered_command_imports_only_the_pack_s_own_paths(store: Store) -> None:
    pack = next(pack for pack in load() if pack.histories)
    one = next(one for one in offers(store) if one.pack == pack.id)
    assert one.command == f"carnet import {one.address} --pack {pack.id}"
    assert with_known_paths(Request(one.address, pack=pack)).globs == pack.histories[0].paths
    assert with_known_paths(Request(one.address, globs=("x",), pack=pack)).globs == ("x",)


def test_nothing_is_offered_for_a_pack_whose_history_was_imported(store: Store) -> None:
    pack = next(pack for pack in load() if pack.histories)
    sample.imported(store, pack.id)
    assert [one for one in offers(store) if one.pack == pack.id] == []
