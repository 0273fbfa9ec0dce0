"""The old and the new blocks as one text with its changes marked in place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.documents.render.align import ALIKE, Pair, likeness, pairs
from carnet.documents.render.blocks import (
    Cell,
    Frame,
    Pen,
    Slugs,
    code_lines,
    draw,
    draw_row,
    element,
    row,
    table,
    titled,
)
from carnet.documents.render.inline import Atom, atoms, html_of
from carnet.documents.render.numbering import is_moved
from carnet.documents.render.tree import Block, Kind, signature
from carnet.documents.render.words import DELETED, INSERTED, marked, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carnet.documents.render.numbering import Numbering

_LEAVES = frozenset({Kind.HEADING, Kind.PARAGRAPH, Kind.TIGHT})
_PROGRAM = frozenset({Kind.CODE, Kind.SCRIPT})


class Merge:
    """Draws blocks of two versions as one text."""

    def __init__(self, numbering: Numbering, old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> None:
        self._numbering = numbering
        self.plain = Pen(new, Slugs())
        self._added = replace(self.plain, mark=INSERTED)
        self._removed = Pen(old, None, DELETED)

    def blocks(self, old: Sequence[Block], new: Sequence[Block]) -> str:
        """Siblings of both versions as HTML."""
        return "".join(self._pair(*pair) for pair in pairs(old, new))

    def _pair(self, old: Block | None, new: Block | None, same: bool) -> str:  # noqa: FBT001 -- a Pair, unpacked
        if old is None and new is not None:
            return draw(new, self._added, self._frame(None, new, "added"))
        if new is None and old is not None:
            return draw(old, self._removed, self._frame(old, None, "removed"))
        if old is None or new is None:
            return ""
        if same:
            return self._kept(old, new)
        return self._changed(old, new)

    def _kept(self, old: Block, new: Block) -> str:
        numbers = self._layout(old, new)
        if not numbers:
            return draw(new, self.plain)
        return draw(new, self.plain, Frame(self._numbering.lead(numbers, "layout"), "cn-layout"))

    def _changed(self, old: Block, new: Block) -> str:
        if new.kind in _LEAVES:
            frame = self._frame(old, new, "changed")
            return element(new, self._words(old, new), self.plain, frame)
        if new.kind in _PROGRAM:
            return element(new, self._program(old, new), self.plain, self._frame(old, new, "changed"))
        if new.kind is Kind.TABLE:
            return self._table(old, new)
        if new.kind in {Kind.CALLOUT, Kind.PART}:
            return self._titled(old, new)
        return element(new, self.blocks(old.children, new.children), self.plain)

    def _titled(self, old: Block, new: Block) -> str:
        title = (
            html_of(marked([Atom(old.text)], [Atom(new.text)])) if old.text != new.text else self.plain.bare(new.text)
        )
        same = (old.text, old.name) == (new.text, new.name)
        frame = Frame() if same else self._frame(old, new, "changed")
        return titled(new, title, self.blocks(old.children, new.children), frame)

    def _words(self, old: Block, new: Block) -> str:
        before, after = atoms(old.text, self._removed.references), atoms(new.text, self.plain.references)
        return html_of(marked(before, after))

    def _program(self, old: Block, new: Block) -> str:
        before, after = old.text.removesuffix("\n").split("\n"), new.text.removesuffix("\n").split("\n")
        out: list[str] = []
        for step in steps(before, after):
            if step.equal:
                out.append(code_lines("\n".join(after[slice(*step.new)]) + "\n", Pen()))
            else:
                out.extend(_replaced(before[slice(*step.old)], after[slice(*step.new)]))
        return "".join(out)

    def _table(self, old: Block, new: Block) -> str:
        columns = _columns(old.children[0], new.children[0])
        head = self._rows(old.children[:1], new.children[:1], columns, "th")
        if not head:
            return draw(new, self.plain)
        return table([*head, *self._rows(old.children[1:], new.children[1:], columns, "td")])

    def _rows(self, old: Sequence[Block], new: Sequence[Block], columns: _Columns, tag: str) -> list[str]:
        head = [Pair(left, right, signature(left) == signature(right)) for left, right in zip(old, new, strict=False)]
        return [self._row(pair, columns, tag) for pair in (head if tag == "th" else pairs(old, new))]

    def _row(self, pair: Pair, columns: _Columns, tag: str) -> str:
        old, new, same = pair
        same_shape = all(left == right for left, right in columns)
        if old is not None and new is not None and same_shape and same:
            numbers = self._layout(old, new)
            lead = Frame(self._numbering.lead(numbers, "layout"), "cn-layout") if numbers else Frame()
            return draw_row(new, self.plain, tag, lead)
        what = "added" if old is None else "removed" if new is None else "changed"
        widths = len(old.children) if old else 0, len(new.children) if new else 0
        surplus = [(at, at) for at in range(len(columns), max(widths))]
        cells = [self._cell(_at(old, left), _at(new, right)) for left, right in [*columns, *surplus]]
        return row(cells, tag, self._frame(old, new, what))

    def _cell(self, old: Block | None, new: Block | None) -> Cell:
        if old is None or new is None:
            pen, cell = (self._added, new) if old is None else (self._removed, old)
            return Cell(cell.name, pen.words(cell.text)) if cell else Cell("", "")
        if old.text == new.text:
            return Cell(new.name, self.plain.words(new.text))
        return Cell(new.name, self._words(old, new))

    def _layout(self, old: Block, new: Block) -> list[int]:
        """Hunks that change the layout of a kept block; one that changes more elsewhere is shown there."""
        return [number for number in self._touching(old, new) if self._numbering.hunks[number].cosmetic]

    def _touching(self, old: Block | None, new: Block | None) -> list[int]:
        numbers = set(self._numbering.of_old(old.start, old.end)) if old else set()
        return sorted(numbers | set(self._numbering.of_new(new.start, new.end)) if new else numbers)

    def _frame(self, old: Block | None, new: Block | None, what: str) -> Frame:
        numbers = self._touching(old, new)
        moved = self._move(old, new)
        shown = "moved" if moved else what
        classes = f"cn-{shown} cn-cosmetic" if self._numbering.all_layout(numbers) else f"cn-{shown}"
        return Frame(self._numbering.lead(numbers, shown) + moved, classes)

    def _move(self, old: Block | None, new: Block | None) -> str:
        """The note that links both ends of a move; empty where the block did not move."""
        block, lines = (old, self._numbering.gone) if new is None else (new, self._numbering.come)
        if block is None or (old is not None and new is not None):
            return ""
        found = [lines[at] for at in range(block.start, block.end) if at in lines and lines[at].text.strip()]
        if not found or not all(is_moved(line) for line in found) or found[0].pair is None:
            return ""
        own, other, word = ("mf", "mt", "moved to") if new is None else ("mt", "mf", "moved from")
        here, there = found[0].old if new is None else found[0].new, found[0].pair
        return f'<a class="cn-move" id="{own}{here}" href="#{other}{there}">{word} line {there + 1}</a> '


_Columns = list[tuple[int | None, int | None]]


def _columns(old: Block, new: Block) -> _Columns:
    """Which old column is which new one, by their headers."""
    before, after = [cell.text for cell in old.children], [cell.text for cell in new.children]
    if len(before) == len(after):
        return [(at, at) for at in range(len(after))]
    found: _Columns = []
    for step in steps([f"{text:5}" for text in before], [f"{text:5}" for text in after]):
        if step.equal:
            found.extend(zip(range(*step.old), range(*step.new), strict=True))
        else:
            found.extend(_unequal(range(*step.old), range(*step.new)))
    return found


def _unequal(old: range, new: range) -> Iterator[tuple[int | None, int | None]]:
    both = min(len(old), len(new))
    yield from zip(old, new, strict=False)
    yield from ((at, None) for at in old[both:])
    yield from ((None, at) for at in new[both:])


def _at(row_block: Block | None, column: int | None) -> Block | None:
    if row_block is None or column is None or column >= len(row_block.children):
        return None
    return row_block.children[column]


def _replaced(before: list[str], after: list[str]) -> Iterator[str]:
    """Lines of program text: one that changed a little is marked in place, others are struck and added."""
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from _line_pair(old, new)
        return
    yield from (html_of([Atom(line, (DELETED,))]) + "\n" for line in before)
    yield from (html_of([Atom(line, (INSERTED,))]) + "\n" for line in after)


def _line_pair(old: str, new: str) -> Iterator[str]:
    if likeness(Block(Kind.CODE, 0, 0, old), Block(Kind.CODE, 0, 0, new)) >= ALIKE:
        yield html_of(marked([Atom(old)], [Atom(new)])) + "\n"
    else:
        yield html_of([Atom(old, (DELETED,))]) + "\n"
        yield html_of([Atom(new, (INSERTED,))]) + "\n"
