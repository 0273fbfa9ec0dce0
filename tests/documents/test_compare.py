"""Comparisons."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.compare import compare, read_comparison
from carnet.documents.lines import numstat
from carnet.documents.lookup import find_document, pair_for
from carnet.documents.noise import cosmetic
from carnet.model.difference import Comparison, Mark
from tests import make

if TYPE_CHECKING:
    from carnet.stores.contract import DocumentStore, Store
    from tests.documents.conftest import Histories

PARTS = st.sampled_from(
    ["# T\n", "## A\n", "Text. More\n", "text\r\n", "\n", "| a | b |\n| - | - |\n| c | d |\n", "```\n"]
)
TEXTS = st.lists(PARTS | st.sampled_from(["x" * 50 + "\n", "end", "\x00\n", "<!--\n", "-->\n"]), max_size=12).map(
    lambda parts: "".join(parts).encode()
)


OTHER = {
    Mark.ADDED: Mark.REMOVED,
    Mark.REMOVED: Mark.ADDED,
    Mark.MOVED_TO: Mark.MOVED_FROM,
    Mark.MOVED_FROM: Mark.MOVED_TO,
}


def compared(old: bytes, new: bytes) -> Comparison:
    """Two texts, compared."""
    return compare("agent/page", make.version(1, old), make.version(2, new), old, new)


def check_laws(found: Comparison, old: bytes, new: bytes) -> None:
    """What holds for every comparison."""
    lines = [line for hunk in found.hunks for line in hunk.lines]
    assert (found.added, found.removed) == numstat(old, new)
    assert sum(line.new is not None for line in lines) == found.added
    assert sum(line.old is not None for line in lines) == found.removed
    assert found.cosmetic == cosmetic(old, new) == all(hunk.cosmetic for hunk in found.hunks)
    assert all(hunk.cosmetic == (not hunk.sentences) for hunk in found.hunks)
    assert all("".join(span.text for span in line.spans) in {"", line.text} for line in lines)
    assert all(line.mark is not Mark.SAME and (line.old is None) != (line.new is None) for line in lines)
    ends = {(line.mark, line.old if line.new is None else line.new): line.pair for line in lines}
    assert all(pair is None or ends[OTHER[mark], pair] == here for (mark, here), pair in ends.items())


@given(TEXTS, TEXTS)
def test_laws_hold_on_any_two_texts(old: bytes, new: bytes) -> None:
    check_laws(compared(old, new), old, new)


def test_a_hunk_names_its_section_lines_words_and_sentences() -> None:
    old = b"# T\n\n## A\n\nx\n\n### B\n\nIt is kept for 30 days. Always.\n"

    (hunk,) = compared(old, old.replace(b"30", b"60")).hunks

    assert hunk.section == ("A", "B")
    assert (hunk.old_start, hunk.new_start, hunk.cosmetic) == (8, 8, False)
    assert [(line.mark.value, line.old, line.new, line.pair) for line in hunk.lines] == [
        ("removed", 8, None, 8),
        ("added", None, 8, 8),
    ]
    assert [span.text for span in hunk.lines[1].spans if span.mark is Mark.ADDED] == ["60"]
    assert [(change.mark.value, change.text) for change in hunk.sentences] == [
        ("removed", "It is kept for 30 days."),
        ("added", "It is kept for 60 days."),
    ]


def test_a_new_section_is_the_section_of_its_hunk() -> None:
    old = b"# T\n\n## A\n\ntext\n"

    (hunk,) = compared(old, old + b"\n## B\n\nmore\n").hunks

    assert hunk.section == ("B",)


def test_a_removed_section_is_named_from_the_old_text() -> None:
    old = b"# T\n\n## A\n\ntext\n\n## B\n\nmore\n"

    (hunk,) = compared(old, b"# T\n\n## A\n\ntext\n").hunks

    assert hunk.section == ("B",)


def test_a_cosmetic_hunk_beside_a_real_one_is_told_apart() -> None:
    old = b"[a](x)\n\nkeep\n\nkeep on\n\nIt is on.\n"

    first, second = compared(old, b"[a](y)\n\nkeep\n\nkeep on\n\nIt is off.\n").hunks

    assert (first.cosmetic, second.cosmetic) == (True, False)


def test_a_sentence_over_two_lines_belongs_to_the_hunk_that_changed_it() -> None:
    old = b"One\nlong sentence\nover lines.\n\nAnother one.\n"

    first, second = compared(old, old.replace(b"over", b"across").replace(b"Another", b"A third")).hunks

    assert [change.text for change in first.sentences] == [
        "One long sentence over lines.",
        "One long sentence across lines.",
    ]
    assert [change.text for change in second.sentences] == ["Another one.", "A third one."]


def test_moved_lines_are_marked_and_still_counted() -> None:
    block, rest = b"first line of the block\nsecond line of the block\n", b"".join(b"line %d\n" % at for at in range(9))

    found = compared(block + rest, rest + block)

    assert (found.added, found.removed) == (2, 2)
    assert {line.mark for hunk in found.hunks for line in hunk.lines} == {Mark.MOVED_FROM, Mark.MOVED_TO}


def test_a_last_line_without_line_end_says_so() -> None:
    (hunk,) = compared(b"a\nb", b"a\nb\n").hunks

    assert [line.unended for line in hunk.lines] == [True, False]


def test_equal_texts_have_no_hunks() -> None:
    found = compared(b"a\n", b"a\n")

    assert (found.added, found.removed, found.cosmetic, found.hunks) == (0, 0, True, ())


def test_a_document_that_is_gone_compares_as_empty(store: Store) -> None:
    page = store.documents.add_document(make.document())
    store.documents.record([make.observation(page.id, 0, b"a\nb\n"), make.observation(page.id, 1, None)])

    found = read_comparison(store.documents, page, *pair_for(store.documents, page, None))

    assert (found.added, found.removed) == (0, 2)


def test_hostile_texts_are_compared_within_the_time_limit() -> None:
    old = b"<!-- `" * 100_000 + b"\n" + b"[a](" * 100_000 + b"\n" + b"| x " * 50_000 + b"\n" + b"a\n" * 20_000
    new = old.replace(b"a\n", b"b\na \n")

    check_laws(compared(old, new), old, new)


@pytest.mark.corpus
def test_the_founding_page_is_reproduced(kept: DocumentStore) -> None:
    page = find_document(kept, "data-usage")

    found = read_comparison(kept, page, *pair_for(kept, page, "2026-04-22..2026-04-24"))

    assert found.document == "claude-code/data-usage"
    assert (found.old.at.strftime("%d %H:%M"), found.new.at.strftime("%d %H:%M")) == ("22 03:58", "24 07:49")
    assert (found.added, found.removed, found.cosmetic) == (13, 4, False)


@pytest.mark.corpus
def test_laws_hold_on_the_bundled_history(histories: Histories) -> None:
    for history in histories.values():
        texts = [past.text for past in history][-12:]
        for old, new in itertools.pairwise(texts):
            check_laws(compared(old, new), old, new)
