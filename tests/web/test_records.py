"""When the store of records comes into being, and that two threads get one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from carnet.errors import ClockError
from carnet.web.records import Records

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from carnet.stores.contract import Store
    from tests.records.kept import Shelf

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_pages_about_documents_make_no_file_of_records(signed_in: TestClient, data: Path) -> None:
    for path in ("/", "/about", "/matrix", "/flows", "/search", "/sign-in", "/nowhere"):
        signed_in.get(path)
    assert not (data / "records").exists()
    assert not (data / "keys").exists()

    assert signed_in.get("/records").status_code == 200
    assert (data / "records" / "catalogue.db").is_file()


def test_a_closed_page_makes_none_either(stranger: TestClient, data: Path) -> None:
    for path in ("/records", "/accounts", "/holds", "/receipts", "/log", "/records.json"):
        stranger.get(path)
        stranger.post(path)
    assert not (data / "records").exists()


def test_looking_at_empty_pages_makes_no_key(signed_in: TestClient, data: Path) -> None:
    for path in ("/records", "/accounts", "/holds", "/receipts", "/log"):
        assert signed_in.get(path).status_code == 200
    assert not list((data / "keys").glob("*.key"))


def test_threads_share_one_store_and_one_keyring(store: Store) -> None:
    records = Records(store, lambda: NOW)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: (id(records.store), id(records.keyring)), range(32)))
    assert len(set(found)) == 1


def test_a_clock_that_was_set_back_stops_changes_and_no_reading(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    records = cast("Starlette", signed_in.app).state.records
    records.begin()
    shelf.later(days=-30)
    with pytest.raises(ClockError):
        records.begin()
    form = {"account": "ann@acme.test", "session": "s1", "reason": "x"}
    refused = signed_in.post("/records/hold", data=form)
    assert (refused.status_code, "set back" in refused.text) == (503, True)
    assert signed_in.get("/records").status_code == 200


def test_what_was_left_half_done_is_finished_before_anything_new(store: Store, shelf: Shelf) -> None:
    from carnet.records import erasing  # noqa: PLC0415 - for this one
    from carnet.records.scoping import scope_of  # noqa: PLC0415

    shelf.kept(session="gone")
    erasing.begin(store.records, scope_of(store.records, session="gone"), shelf.now, {"session": "gone"})
    Records(store, lambda: shelf.now + timedelta(minutes=1)).begin()
    assert shelf.ids() == set()
    assert store.records.catalogue.works() == []


def test_without_the_right_root_key_nothing_is_destroyed_from_a_page(
    signed_in: TestClient, shelf: Shelf, data: Path
) -> None:
    kept = shelf.kept(session="stays")
    root = data / "keys" / "root.key"
    right = root.read_bytes()
    root.write_bytes(b"carnet-root-1 " + b"A" * 43 + b"=\n")
    shelf.store.catalogue.add_org_key(99, 1, 99)  # the pages ask again what they remember
    for path, form in (
        ("/records/delete", {"account": "ann@acme.test"}),
        ("/accounts/delete", {"org": "acme"}),
        ("/records/hold", {"account": "ann@acme.test", "session": "stays", "reason": "x"}),
    ):
        refused = signed_in.post(path, data=form)
        assert (refused.status_code, "not the one these records were sealed with" in refused.text) == (503, True), path
    shelf.store.catalogue.remove_org_keys([(99, 1)])
    root.write_bytes(right)
    assert (shelf.shown(kept), shelf.store.catalogue.works()) == (b"words", [])
