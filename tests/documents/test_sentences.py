"""Sentences and quotations."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from carnet.documents.sentences import find, fingerprint, sentences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.documents.conftest import Histories

PAGE = b"""# Data use

We collect **little**. See [the policy](https://a.test/policy) for more.

## Keeping

* Prompts: kept 30 days
* Ratings: kept 5 years. Nobody reads them.

| Flow | Here | There |
| --- | --- | --- |
| Metrics (daily) | On. `NO_METRICS=1` stops it. | Off. |
"""


def test_sentences_have_text_section_line_and_fingerprint() -> None:
    first, *_, last = sentences(PAGE)

    assert (first.text, first.section, first.line) == ("We collect little.", (), 2)
    assert (last.text, last.section, last.line) == ("Metrics (daily) | There | Off.", ("Keeping",), 11)
    assert first.fingerprint == fingerprint("We collect little.")


def test_headings_are_no_sentences() -> None:
    assert "Keeping" not in [sentence.text for sentence in sentences(PAGE)]


def test_a_sentence_survives_edits_elsewhere() -> None:
    edited = PAGE.replace(b"We collect **little**.", b"We collect *a lot*.").replace(b"policy)", b"policy?v=2)")
    before, after = ({sentence.fingerprint for sentence in sentences(text)} for text in (PAGE, edited))

    assert len(before - after) == len(after - before) == 1


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("kept 5 years", ["Ratings: kept 5 years."]),
        ("**Ratings**: kept 5 years. Nobody", ["Ratings: kept 5 years.", "Nobody reads them."]),
        ("little. See [the policy](x)", ["We collect little.", "See the policy for more."]),
        (
            "(daily) | On. NO_METRICS=1 stops it. | Off.",
            [
                "Metrics (daily) | Here | On.",
                "Metrics (daily) | Here | NO_METRICS=1 stops it.",
                "Metrics (daily) | There | Off.",
            ],
        ),
        ("days Ratings: kept", ["Prompts: kept 30 days", "Ratings: kept 5 years."]),
        ("kept 60 days", []),
        ("", []),
        ("for more. Prompts: kept", []),
    ],
)
def test_a_quotation_is_found(quote: str, expected: list[str]) -> None:
    assert [sentence.text for sentence in find(quote, sentences(PAGE))] == expected


def test_an_empty_text_has_no_sentences() -> None:
    assert sentences(b"") == ()


@pytest.mark.corpus
def test_every_rule_is_found_in_exactly_the_versions_that_hold_it(histories: Histories, corpus: Path) -> None:
    rules = tomllib.loads((corpus.parent / "reference" / "claude-code-rules.toml").read_text("utf-8"))["rule"]
    history = histories["data-usage"]
    number = {past.commit[:9]: index for index, past in enumerate(history)}
    read = [sentences(past.text) for past in history]
    wrong: list[str] = []
    for rule in rules:
        first, end = number[rule["since_commit"]], number.get(rule.get("until_commit", ""), len(history))
        heading = rule.get("heading_at_since", rule["heading"])
        there = [one for one in read[first] if one.section and one.section[-1] == heading]
        holds = {index for index, among in enumerate(read) if find(rule["quote"], among)}
        if not find(rule["quote"], there) or holds != set(range(first, end)):
            wrong.append(rule["id"])

    assert len(rules) == 96
    assert wrong == []
