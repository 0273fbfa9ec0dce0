from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.policy.history_effect import document_effect, document_effect_answer, effect_lines, with_only
from carnet.policy.rulebook import rulebook

from .shelves import DAYS, FIRST, KEPT, LONGER, NOBODY, SECOND, Shelf, cited, pack, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.policy.history_effect import DocumentEffect
    from carnet.stores.contract import Store


def effect(shelf: Shelf, folder: Path, *rules: str) -> DocumentEffect:
    texts = tuple(shelf.store.text(one.digest) for one in shelf.versions[:2])
    found = rulebook(pack(folder, *rules))
    return document_effect(found, "keeping", (shelf.versions[0], shelf.versions[1]), (texts[0], texts[1]))


def days30(shelf: Shelf) -> str:
    ended = shelf.cite(KEPT, 1, DAYS[0], DAYS[1])
    return cited("kept-30", ended, 'verdict = "on", retention = "days30"', until=DAYS[1])


def longer(shelf: Shelf) -> str:
    return cited("kept-60", shelf.cite(LONGER, 2, DAYS[1]), 'verdict = "on", retention = "months6"')


def test_a_changed_sentence_touches_the_rules_that_cite_it_at_either_end(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    found = effect(shelf, tmp_path, days30(shelf), longer(shelf))
    assert [rule.id for rule in found.touched] == ["kept-30", "kept-60"]
    assert [(one.aspect, one.old, one.new, one.changed) for one in found.shifts] == [
        ("retention", "days30", "months6", 1)
    ]


def test_what_is_told_begins_with_the_rules(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    assert effect_lines(effect(shelf, tmp_path, days30(shelf), longer(shelf))) == [
        "2 rules touched: kept-30, kept-60",
        "1 stale when it came: kept-30",
        "1 new sentence no rule covered then",
        "metrics retention days30 -> months6 in 1 of 1 context: always",
    ]


def test_a_change_no_rule_cites_says_so(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, FIRST.replace("cats", "dogs"))
    found = effect(shelf, tmp_path, cited("others", shelf.cite(NOBODY)))
    assert effect_lines(found) == ["no rule cites the changed sentences; no verdict changes"]


def test_what_another_document_changes_in_the_same_days_is_not_this_ones_doing(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    elsewhere = cited("elsewhere", shelf.cite(LONGER, 2, DAYS[1]), 'verdict = "off"').replace('"keeping"', '"other"')
    assert effect(shelf, tmp_path, elsewhere, cited("same", shelf.cite(NOBODY))).shifts == ()


def test_only_the_rules_of_one_document_move_to_the_other_day(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    book = rulebook(pack(tmp_path, days30(shelf), longer(shelf)))
    assert [rule.id for rule in with_only(book, "keeping", DAYS[0], DAYS[1]).rules] == ["kept-60"]
    assert [rule.id for rule in with_only(book, "other", DAYS[0], DAYS[1]).rules] == ["kept-30"]


def test_the_answer_names_rules_and_flows(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    answer = document_effect_answer(effect(shelf, tmp_path, days30(shelf), longer(shelf)))
    assert (answer["pack"], answer["stale_rules"], answer["uncovered"]) == ("juniper", ["kept-30"], 1)
    assert answer["flows"] == [
        {
            "flow": "metrics",
            "aspect": "retention",
            "old": "days30",
            "new": "months6",
            "changed": 1,
            "contexts": 1,
            "where": ["always"],
        }
    ]
