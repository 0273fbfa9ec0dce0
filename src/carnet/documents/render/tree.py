"""The shape of a document: blocks with the source lines they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    TIGHT = "tight"
    """A paragraph of a tight list: no paragraph element around it."""
    CODE = "code"
    SCRIPT = "script"
    """Program text in the page's source (MDX): shown folded, never run."""
    RULE = "rule"
    QUOTE = "quote"
    BULLETS = "bullets"
    NUMBERS = "numbers"
    ITEM = "item"
    TABLE = "table"
    ROW = "row"
    CELL = "cell"
    CALLOUT = "callout"
    PART = "part"
    """A titled part: a tab, a step, a card."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document."""

    kind: Kind
    start: int
    """0-based first source line."""
    end: int
    """Source line after the last."""
    text: str = ""
    """Inline source of a leaf; the text of code."""
    name: str = ""
    """Heading level, language of code, kind of callout or part, first number of a list, alignment of a cell."""
    children: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed document."""

    blocks: tuple[Block, ...]
    references: dict[str, dict[str, str]]
    """Link reference definitions, as markdown-it keeps them."""


def signature(block: Block) -> tuple[object, ...]:
    """What a reader sees of the block; equal for blocks that differ only in layout."""
    text = block.text if block.kind in {Kind.CODE, Kind.SCRIPT} else " ".join(block.text.split())
    return (block.kind, block.name, text, *(signature(child) for child in block.children))


def words_of(block: Block) -> str:
    """All text of the block, for judging how alike two blocks are."""
    if not block.children:
        return block.text
    return " ".join([block.text, *(words_of(child) for child in block.children)])
