from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from carnet.policy.checks import borrowed_words, check_citations, check_dates, dead_rules, missing_defaults
from carnet.policy.rulebook import rulebook

from .books import book, rule
from .shelves import FIRST, KEPT, cited, pack, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.rule import Citation
    from carnet.policy.checks import Cited
    from carnet.stores.contract import Store


def checked(store: Store, folder: Path, cite: Citation) -> Cited:
    found = rulebook(pack(folder, cited("kept", cite)))
    return check_citations(store.documents, store.documents.documents(), found)


def test_a_citation_is_found_in_its_version_and_section(store: Store, tmp_path: Path) -> None:
    found = checked(store, tmp_path, shelve(store.documents, FIRST).cite())
    assert (found.found, found.unchecked, found.findings) == (1, 0, ())


def test_a_citation_under_another_heading_is_a_finding(store: Store, tmp_path: Path) -> None:
    cite = replace(shelve(store.documents, FIRST).cite(), section="Other")
    assert "stands under 'Logs'" in checked(store, tmp_path, cite).findings[0]


def test_a_sentence_that_version_does_not_have_is_a_finding(store: Store, tmp_path: Path) -> None:
    cite = replace(shelve(store.documents, FIRST).cite(), fingerprint="s1:0000000000000000")
    assert "is not in that version" in checked(store, tmp_path, cite).findings[0]


def test_a_version_never_captured_here_cannot_be_checked(store: Store, tmp_path: Path) -> None:
    cite = replace(shelve(store.documents, FIRST).cite(), version="feedfeedfeedfeed")
    found = checked(store, tmp_path, cite)
    assert (found.found, found.unchecked, found.findings) == (0, 1, ())


def test_without_a_store_nothing_can_be_checked(tmp_path: Path) -> None:
    found = check_citations(None, [], book(tmp_path, rule("default")))
    assert (found.found, found.unchecked) == (0, 1)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("since = 2026-02-01\nuntil = 2026-02-01", "is not after since"),
        ("since = 2026-02-01\nuntil = 2026-01-15", "is not after since"),
        ("since = 2025-02-01\nuntil = 2025-03-01", "lies outside of the rule's"),
    ],
)
def test_a_citation_whose_days_make_no_sense_is_a_finding(tmp_path: Path, more: str, told: str) -> None:
    found = check_dates(book(tmp_path, rule("default") + more + "\n"))
    assert [told in line for line in found] == [True]


def test_a_sentence_cited_twice_for_the_same_days_is_a_finding(tmp_path: Path) -> None:
    again = rule("default").partition("[[rule.cites]]")[2]
    found = check_dates(book(tmp_path, rule("default") + "[[rule.cites]]" + again))
    assert ["cited twice" in line for line in found] == [True]


def test_a_rule_that_still_holds_beside_its_successor_is_a_finding(tmp_path: Path) -> None:
    found = check_dates(book(tmp_path, rule("old"), rule("new", more='supersedes = ["old"]')))
    assert ["supersedes old, which still holds" in line for line in found] == [True]


def test_two_readings_of_one_control_on_the_same_days_are_a_finding(tmp_path: Path) -> None:
    controls = '[[control]]\nfact = "env.OFF"\ntitle = "Off"\n' + '[[control.reading]]\nreads = "set"\n' * 2
    assert ["two readings" in line for line in check_dates(book(tmp_path, rule("default"), controls=controls))] == [
        True
    ]


def test_a_rule_that_another_one_always_precedes_is_dead(tmp_path: Path) -> None:
    found = dead_rules(book(tmp_path, rule("first"), rule("never", 'verdict = "off"')))
    assert [line.rpartition(": ")[0].endswith("rule never") for line in found] == [True]


def test_a_rule_that_decides_one_other_aspect_is_alive(tmp_path: Path) -> None:
    assert dead_rules(book(tmp_path, rule("first"), rule("kept", 'verdict = "off", retention = "days30"'))) == []


def test_a_rule_that_decided_only_once_in_the_past_is_alive(tmp_path: Path) -> None:
    later = rule("later", 'verdict = "off"').replace("2026-01-01", "2026-03-01")
    assert dead_rules(book(tmp_path, later, rule("default"))) == []


def test_a_flow_whose_rules_leave_a_context_open_has_no_default(tmp_path: Path) -> None:
    found = missing_defaults(book(tmp_path, rule("cloud", 'verdict = "off"', 'provider = "cloud"')))
    assert found == ["flow metrics has no default on 2026-01-01: no rule gives a verdict for provider own"]


def test_a_flow_with_a_rule_that_always_holds_has_a_default(tmp_path: Path) -> None:
    assert missing_defaults(book(tmp_path, rule("cloud", 'verdict = "off"', 'provider = "cloud"'), rule("rest"))) == []


def test_a_sentence_of_a_document_in_a_pack_is_a_finding_that_does_not_repeat_it(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()).replace("What kept means.", f"It says: {KEPT}"))
    found = borrowed_words(made.folder, [FIRST.encode()])
    assert ["holds a sentence of a document" in line and KEPT not in line for line in found] == [True]


def test_own_words_and_short_sentences_are_no_finding(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()).replace("What kept means.", "We like cats."))
    assert borrowed_words(made.folder, [FIRST.encode()]) == []
