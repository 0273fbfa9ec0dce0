"""Sentences: the units of a version that survive edits elsewhere, and finding a quotation among them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from carnet.documents.blocks import Kind
from carnet.documents.canonical import canonical, fingerprint
from carnet.documents.layout import layout, placed
from carnet.documents.markup import plain
from carnet.model.document import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["find", "fingerprint", "sentences"]


def sentences(text: bytes) -> tuple[Sentence, ...]:
    """The sentences of a Markdown or plain text, each with the headings above it.

    Headings are no sentences. A table cell gives sentences `row | column | sentence`; a line of code is one.
    """
    return tuple(
        Sentence(one.unit.text, one.section, one.first, one.unit.fingerprint)
        for one in placed(layout(text))
        if one.unit.kind is not Kind.HEADING
    )


def find(quote: str, among: Sequence[Sentence]) -> list[Sentence]:
    """Sentences that hold a quotation, or that it runs over; in order, empty where it stands nowhere.

    A quotation may be Markdown, a part of a sentence, several sentences, or cells of one table row parted by ` | `.
    """
    wanted = canonical(plain(quote))
    if not wanted:
        return []
    holding = [sentence for sentence in among if wanted in canonical(sentence.text)]
    return holding or [sentence for run in _runs(among) for sentence in _covered(wanted, run)]


def _runs(among: Sequence[Sentence]) -> Iterator[list[tuple[str, Sentence | None]]]:
    """What a reader reads in one go: a section's prose, and each table row with its first cell once."""
    for _, section in groupby(among, key=lambda sentence: sentence.section):
        found = list(section)
        yield [(canonical(sentence.text), sentence) for sentence in found]
        for _, line in groupby(found, key=lambda sentence: sentence.line):
            row = list(line)
            if all(" | " in sentence.text for sentence in row):
                yield _row(row)


def _row(row: Sequence[Sentence]) -> list[tuple[str, Sentence | None]]:
    head = canonical(row[0].text).split(" | ", 1)[0]
    pieces: list[tuple[str, Sentence | None]] = [(head, None)]
    column = ""
    for sentence in row:
        parts = canonical(sentence.text).split(" | ", 2)
        if len(parts) < 3 or parts[1] != column:
            pieces.append(("|", None))
            column = parts[1]
        pieces.append((parts[-1], sentence))
    return pieces


def _covered(wanted: str, run: Sequence[tuple[str, Sentence | None]]) -> list[Sentence]:
    joined = " ".join(piece for piece, _ in run)
    start = joined.find(wanted)
    if start < 0:
        return []
    covered: list[Sentence] = []
    at = 0
    for piece, sentence in run:
        if at < start + len(wanted) and at + len(piece) > start and sentence is not None:
            covered.append(sentence)
        at += len(piece) + 1
    return covered
