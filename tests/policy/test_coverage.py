from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.documents.sentences import fingerprint
from carnet.errors import CarnetError
from carnet.policy.coverage import coverage, first_seen, read_passages
from carnet.policy.rulebook import rulebook

from .shelves import DAYS, FIRST, KEPT, LONGER, NOBODY, SECOND, cited, pack, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store


def passage(sentence: str) -> str:
    return (
        f'[[passage]]\ndocument = "keeping"\nsection = "Logs"\nfingerprint = "{fingerprint(sentence)}"\n'
        'kind = "context"\n'
    )


def test_a_sentence_that_is_neither_cited_nor_marked_is_uncovered(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()))
    found = next(coverage(store.documents, shelf.document, made, rulebook(made)))
    assert (found.total, [one.text for one in found.uncovered], found.percent) == (2, [NOBODY], 50)
    assert not found.whole


def test_a_marked_sentence_is_covered_and_makes_the_document_judged_whole(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST)
    made = pack(tmp_path, cited("kept", shelf.cite()), passages=passage(NOBODY))
    found = next(coverage(store.documents, shelf.document, made, rulebook(made)))
    assert (found.uncovered, found.percent, found.whole) == ((), 100, True)


def test_a_citation_that_ended_covers_nothing_later(store: Store, tmp_path: Path) -> None:
    shelf = shelve(store.documents, FIRST, SECOND)
    made = pack(tmp_path, cited("kept", shelf.cite(until=DAYS[1])), cited("others", shelf.cite(NOBODY)))
    found = list(coverage(store.documents, shelf.document, made, rulebook(made)))
    assert [[one.text for one in each.uncovered] for each in found] == [[], [LONGER]]


def test_a_pack_without_marks_has_none(tmp_path: Path) -> None:
    assert read_passages(tmp_path) == {}


@pytest.mark.parametrize("text", ["[[passage]]\n", "not toml", "[[passage]]\ndocument = 3\n", "[other]\nx = 1\n"])
def test_a_file_of_marks_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "passages.toml").write_text(text)
    with pytest.raises(CarnetError, match=r"passages\.toml"):
        read_passages(tmp_path)


def test_since_when_a_sentence_stands_begins_anew_after_a_break(store: Store) -> None:
    shelf = shelve(store.documents, FIRST, SECOND, FIRST)
    since = first_seen(store.documents, shelf.document, DAYS[2])
    assert since["Logs", fingerprint(KEPT)].number == 3
    assert since["Logs", fingerprint(NOBODY)].number == 1
