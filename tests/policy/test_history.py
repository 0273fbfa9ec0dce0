from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from carnet.policy.history import changed_documents, covered_documents, covering, end_of

from .shelves import DAYS, FIRST, SECOND, cited, pack, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store


def test_a_pack_covers_the_documents_of_its_collection(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    found = covering(store.documents, shelf.document, [pack(tmp_path, cited("kept", shelf.cite()))])
    assert found is not None
    assert found.id == "juniper"


def test_a_history_under_another_name_is_known_by_a_version_a_rule_cites(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, collection="elsewhere")
    assert covering(store.documents, shelf.document, [pack(tmp_path, cited("kept", shelf.cite()))]) is not None


def test_a_page_that_only_shares_the_name_is_not_covered(store: Store, tmp_path: Path) -> None:
    cite = shelve(store.documents, FIRST).cite()
    other = shelve(store.documents, SECOND, collection="elsewhere")
    assert covering(store.documents, other.document, [pack(tmp_path, cited("kept", cite))]) is None


def test_the_packs_own_collection_goes_first(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, collection="abroad")
    shelve(store.documents, FIRST)
    found = covered_documents(store.documents, pack(tmp_path, cited("kept", shelf.cite())))
    assert [one.full_name for one in found] == ["juniper/keeping"]


def test_a_document_that_reads_otherwise_at_the_end_of_a_day_has_changed(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    assert [one.new.number for one in changed_documents(store.documents, made, DAYS[0], DAYS[1])] == [2]
    assert changed_documents(store.documents, made, DAYS[1], DAYS[2]) == []


def test_a_document_before_its_first_capture_has_not_changed(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    assert changed_documents(store.documents, pack(tmp_path, cited("k", shelf.cite())), date(2030, 1, 1), DAYS[1]) == []


def test_a_day_ends_with_its_last_moment() -> None:
    assert end_of(date(2026, 4, 23)).isoformat() == "2026-04-23T23:59:59.999999+00:00"
