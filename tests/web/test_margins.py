from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from carnet.documents.sentences import sentences
from carnet.packs import Pack
from carnet.web.margins import Margins, margins
from tests import make
from tests.policy import books

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b"""# Heron

Heron starts here.

## Metrics

Heron counts *geese*. It counts nothing else.

| Bird | Way |
|---|---|
| Goose | Default on. |
| Swan | Default on. |

See the pond.

## Elsewhere

Nothing is said of this.
"""
DAY = date(2026, 5, 1)


def cited(pack: Path, *wanted: str, judged: tuple[str, ...] = ()) -> Pack:
    """A pack with one rule a sentence that begins so, and judged ones."""
    found = {one.text: one for one in sentences(TEXT)}

    def key(start: str) -> tuple[str, str]:
        one = next(sentence for text, sentence in found.items() if text.startswith(start))
        return (one.section[-1] if one.section else ""), one.fingerprint

    rules = [
        books.rule(f"metrics.r{n}").replace('"Metrics"', f'"{key(s)[0]}"').replace("s1:0123456789abcdef", key(s)[1])
        for n, s in enumerate(wanted)
    ]
    books.write(pack, "\n".join(rules))
    passages = [
        f'[[passage]]\ndocument = "page"\nsection = "{key(s)[0]}"\nfingerprint = "{key(s)[1]}"\nkind = "context"\n'
        for s in judged
    ]
    (pack / "passages.toml").write_text("\n".join(passages))
    return Pack("agent", "Agent", "Agent", pack, (), ())


def read(pack: Pack) -> Margins:
    return margins(pack, make.document("page"), TEXT, DAY)


def test_each_rule_stands_at_its_sentence(tmp_path: Path) -> None:
    found = read(cited(tmp_path, "Heron counts", "It counts"))
    row = next(row for row in found.rows if row.notes)
    assert '<mark class="an an-cited" id="t-1">Heron counts <em>geese</em>.</mark>' in row.piece.html
    assert [(note.rule.id if note.rule else "", [spot.number for spot in note.spots]) for note in row.notes] == [
        ("metrics.r0", [1]),
        ("metrics.r1", [2]),
    ]


def test_equal_words_in_two_rows_of_a_table_are_told_apart(tmp_path: Path) -> None:
    found = read(cited(tmp_path, "Swan"))
    table = next(row.piece.html for row in found.rows if "<table" in row.piece.html)
    goose, swan = table.split("Goose")[1].split("Swan")
    assert "<mark" not in goose
    assert "<mark" in swan


def test_coverage_is_of_the_sections_that_rules_cite_once_sentences_are_judged(tmp_path: Path) -> None:
    assert read(cited(tmp_path, "Heron counts")).coverage is None
    found = read(cited(tmp_path / "judged", "Heron counts", judged=("See the pond",)))
    assert (found.count("cited"), found.count("passage"), found.count("uncovered"), found.count("beyond")) == (
        1,
        1,
        4,
        2,
    )
    assert found.coverage == pytest.approx(100 / 3)


def test_sentences_without_a_rule_are_marked_and_noted(tmp_path: Path) -> None:
    found = read(cited(tmp_path, "Heron counts", judged=("See the pond",)))
    bare = [note for row in found.rows for note in row.notes if note.rule is None]
    assert bare[0].spots[0].sentence.text == "It counts nothing else."
    assert any("an-uncovered" in row.piece.html for row in found.rows)


def test_a_citation_the_version_lacks_is_stale(tmp_path: Path) -> None:
    pack = cited(tmp_path, "Heron counts")
    found = margins(pack, make.document("page"), TEXT.replace(b"geese", b"ducks"), DAY)
    assert [rule.id for rule, _ in found.stale] == ["metrics.r0"]
    assert not read(pack).stale
