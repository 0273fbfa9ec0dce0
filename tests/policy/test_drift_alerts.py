from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.policy.drift_alerts import alert_answer, alert_line, judge_new, recorded

from .shelves import DAYS, FIRST, SECOND, cited, observe, pack, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.drift import Alert
    from carnet.packs import Pack
    from carnet.stores.contract import Store


def judged(store: Store, made: Pack) -> list[Alert]:
    return judge_new(store, [made], store.documents.documents())


def test_a_live_capture_that_takes_a_cited_sentence_away_raises_an_alert(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    assert judged(store, made) == []
    store.documents.record([observe(shelf.document, DAYS[1], SECOND)])
    alert = judged(store, made)[0]
    assert (alert.document, alert.stale, alert.reworded, alert.uncovered) == ("juniper/keeping", ("kept",), (), 1)
    assert "1 rule stale (kept), 1 new sentence no rule covers: carnet drift juniper/keeping" in alert_line(alert)
    assert alert_answer(alert)["stale_rules"] == ["kept"]


def test_an_alert_is_raised_once_and_remembered(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    store.documents.record([observe(shelf.document, DAYS[1], SECOND)])
    first = judged(store, made)
    assert (len(first), judged(store, made)) == (1, [])
    assert recorded(store, [made]) == first


def test_a_history_that_was_imported_raises_no_alert(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    assert judged(store, pack(tmp_path, cited("kept", shelf.cite()))) == []


def test_a_cosmetic_version_is_silent(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    store.documents.record([observe(shelf.document, DAYS[1], FIRST.replace("30 days", "**30 days**"))])
    assert judged(store, made) == []


def test_an_end_the_pack_knows_already_is_nothing_new(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    ended = shelf.cite(until=DAYS[1])
    store.documents.record([observe(shelf.document, DAYS[1], SECOND)])
    alerts = judged(store, pack(tmp_path, cited("kept", ended, until=DAYS[1])))
    assert alerts == []


def test_a_document_no_pack_covers_is_never_judged(store: Store, tmp_path: Path) -> None:
    cite = shelve(store.documents, FIRST).cite()
    other = shelve(store.documents, SECOND, collection="elsewhere")
    store.documents.record([observe(other.document, DAYS[1], FIRST.replace("30", "31"))])
    assert [a.document for a in judged(store, pack(tmp_path, cited("kept", cite)))] == []


def test_a_stop_between_two_versions_loses_no_alert(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    judged(store, made)
    store.documents.record([observe(shelf.document, DAYS[1], SECOND), observe(shelf.document, DAYS[2], FIRST)])
    assert [alert.new for alert in judged(store, made)] == [store.documents.versions(shelf.document.id)[1].digest]


def test_a_note_of_another_carnet_is_begun_anew(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    store.set_note(f"drift:{shelf.document.id}:juniper/keeping", "{broken")
    assert (judged(store, made), recorded(store, [made])) == ([], [])
