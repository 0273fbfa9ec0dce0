from __future__ import annotations

from datetime import date

import pytest

from carnet.documents.sentences import sentences
from carnet.model.rule import Citation, Rule
from carnet.policy.drift import drift

DAY = date(2026, 5, 1)
OLD = b"# Page\n\n## Kept\n\nWe keep prompts for 30 days.\n\nWe like cats.\n\n## Other\n\nNothing here.\n"
KEPT = sentences(OLD)[0].fingerprint


def rule(fingerprint: str = KEPT, since: date = DAY) -> Rule:
    cite = Citation("page", "Kept", fingerprint, "abc", since)
    return Rule("kept", "inference", (), (("retention", "days30"),), "Kept 30 days.", (cite,), since)


def changed(old: str, new: str) -> bytes:
    assert old.encode() in OLD
    return OLD.replace(old.encode(), new.encode())


def test_a_cited_sentence_that_vanished_makes_its_rule_stale_and_names_its_successor() -> None:
    found = drift("page", OLD, changed("30 days", "60 days"), [rule()], DAY)
    assert [one.rule.id for one in found.stale] == ["kept"]
    assert found.stale[0].successor is not None
    assert "60 days" in found.stale[0].successor.text
    assert found.alarming


def test_a_new_sentence_in_a_cited_section_is_uncovered() -> None:
    found = drift("page", OLD, changed("We like cats.", "We like cats.\n\nWe sell prompts."), [rule()], DAY)
    assert (found.stale, [one.text for one in found.uncovered]) == ((), ["We sell prompts."])


def test_a_new_sentence_elsewhere_is_not() -> None:
    found = drift("page", OLD, changed("Nothing here.", "Nothing here. At all."), [rule()], DAY)
    assert found.uncovered == ()


def test_a_sentence_judged_to_state_no_rule_is_not_uncovered() -> None:
    new = changed("We like cats.", "We like dogs.")
    fingerprint = next(one.fingerprint for one in sentences(new) if "dogs" in one.text)
    assert drift("page", OLD, new, [rule()], DAY, frozenset([fingerprint])).uncovered == ()


def test_a_cosmetic_version_is_silent() -> None:
    found = drift("page", OLD, changed("30 days", "**30** days"), [rule()], DAY)
    assert (found.stale, found.uncovered, found.cosmetic) == ((), (), True)


def test_a_rule_written_down_later_is_not_in_doubt() -> None:
    assert drift("page", OLD, changed("30 days", "60 days"), [rule(since=date(2026, 6, 1))], DAY).stale == ()


def test_a_sentence_that_moved_is_not_gone() -> None:
    new = OLD.replace(b"We keep prompts for 30 days.\n\n", b"").replace(
        b"Nothing here.", b"We keep prompts for 30 days."
    )
    assert drift("page", OLD, new, [rule()], DAY).stale == ()


@pytest.mark.parametrize(
    ("new", "alarm"),
    [
        ("We keep your prompts for 30 days.", False),
        ("We keep prompts for 31 days.", True),
        ("We never keep prompts for 30 days.", True),
        ("Prompts may be kept.", True),
    ],
)
def test_a_rewording_raises_no_alarm_unless_a_number_or_a_denial_changed(new: str, *, alarm: bool) -> None:
    long = b"We keep prompts for 30 days."
    padding = b" This holds for every account in every country and for every product that we have on offer today"
    old_text = OLD.replace(long, long[:-1] + b"," + padding.lower() + b".")
    new_text = OLD.replace(long, new.encode()[:-1] + b"," + padding.lower() + b".")
    fingerprint = sentences(old_text)[0].fingerprint
    found = drift("page", old_text, new_text, [rule(fingerprint)], DAY)
    assert (len(found.stale), found.alarming) == (1, alarm)
