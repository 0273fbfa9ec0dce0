"""One captured version, block by block, with some of its sentences marked where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.documents.render.blocks import Pen, Slugs, draw
from carnet.documents.render.document import is_prose
from carnet.documents.render.escape import attribute, escape
from carnet.documents.render.inline import Atom, Wrap, atoms, html_of
from carnet.documents.render.parse import parse
from carnet.documents.render.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.model.document import Media

_AHEAD = 4
"""Sentences looked past when one is not found: its words may be a picture's, which are not drawn as words."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence to mark."""

    line: int
    """First line (0-based) of its paragraph, row or line."""
    text: str
    """Its words as a reader sees them; of a table's cell the cell's own."""
    anchor: str
    """Id of the mark."""
    kind: str
    """Class of the mark, such as `cited`; empty for a sentence that is only passed by, so that its words, which
    may stand again further down, are taken for no other's."""
    sign: str = ""
    """What stands behind it, small: a number that leads to `#n-NUMBER`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A block at the document's top."""

    html: str
    start: int
    """0-based first source line."""
    end: int
    """Source line after the last."""


def annotated(text: bytes, media: Media | None, marks: Sequence[Marked]) -> list[Piece]:
    """The blocks of a version in order; nothing of it becomes markup of its own, a script or a request."""
    lines = lines_of(text)
    if not is_prose(media, text):
        return [Piece(f'<pre class="cn-plain">{escape(line)}</pre>\n', at, at + 1) for at, line in enumerate(lines)]
    tree = parse("\n".join(lines))
    slugs = Slugs()
    pieces = []
    for number, block in enumerate(tree.blocks):
        end = tree.blocks[number + 1].start if number + 1 < len(tree.blocks) else len(lines)
        pen = _MarkingPen(tree.references, slugs, waiting=[one for one in marks if block.start <= one.line < end])
        pieces.append(Piece(draw(block, pen), block.start, end))
    return pieces


@dataclass(frozen=True, slots=True)
class _MarkingPen(Pen):
    """Draws words with the sentences that wait marked, each once, in order."""

    waiting: list[Marked] = field(default_factory=list)

    def words(self, text: str) -> str:
        items = atoms(text, self.references)
        spans = list(self._taken("".join(atom.text for atom in items)))
        return html_of(_cut(items, spans))

    def _taken(self, shown: str) -> Iterator[tuple[int, int, Marked]]:
        """Spans of the words shown that are sentences that wait; those are taken from the queue."""
        squeezed, places = _squeezed(shown)
        at = 0
        while found := self._next(squeezed, at):
            ahead, start, at = found
            one = self.waiting[ahead]
            del self.waiting[: ahead + 1]
            yield places[start], places[at - 1] + 1, one

    def _next(self, shown: str, at: int) -> tuple[int, int, int] | None:
        """(place in the queue, start, end) of the first sentence that waits and stands in the words shown."""
        for ahead, one in enumerate(self.waiting[:_AHEAD]):
            wanted, _ = _squeezed(one.text)
            start = shown.find(wanted, at) if wanted else -1
            if start >= 0:
                return ahead, start, start + len(wanted)
        return None


def _squeezed(text: str) -> tuple[str, list[int]]:
    """The text without white space, and where each of its characters stood."""
    places = [at for at, char in enumerate(text) if not char.isspace()]
    return "".join(text[at] for at in places), places


def _cut(items: Sequence[Atom], spans: Sequence[tuple[int, int, Marked]]) -> Iterator[Atom]:
    """The atoms, those within a span wrapped in its mark."""
    at = 0
    waiting = list(spans)
    for atom in items:
        start, end = at, at + len(atom.text)
        at = end
        while start < end or not atom.text:
            if not waiting or waiting[0][0] >= end or not atom.text:
                yield Atom(atom.text[start - end :] if atom.text else "", atom.wraps, atom.html)
                break
            first, last, one = waiting[0]
            if start < first:
                yield Atom(atom.text[start - end : first - end], atom.wraps, atom.html)
                start = first
            stop = min(last, end)
            cut = atom.text[start - end : stop - end if stop < end else None]
            yield Atom(cut, (_wrap(one), *atom.wraps) if one.kind else atom.wraps, atom.html)
            start = stop
            if stop == last:
                waiting.pop(0)
                yield from _sign(one)


def _wrap(one: Marked) -> Wrap:
    return Wrap(f'<mark class="an an-{attribute(one.kind)}" id="{attribute(one.anchor)}">', "</mark>")


def _sign(one: Marked) -> Iterator[Atom]:
    if one.sign:
        sign = attribute(one.sign)
        yield Atom("", (), f'<a class="an-sign" href="#n-{sign}" aria-label="Note {sign}">{sign}</a>')
