"""Blocks as HTML: one place knows how each kind of block looks, changed or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.documents.render.escape import attribute, escape
from carnet.documents.render.inline import Atom, Wrap, atoms, html_of, inline_html, text_of
from carnet.documents.render.tree import Block, Kind
from carnet.documents.render.words import marked_all

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_SLUG = re.compile(r"[^\w]+")


class Slugs:
    """Stable ids for headings, unique within one page."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, text: str) -> str:
        """The id for the next heading with this text."""
        slug = _NOT_SLUG.sub("-", text.lower()).strip("-")[:80] or "section"
        number = self._seen[slug] = self._seen.get(slug, 0) + 1
        return f"s-{slug}" if number == 1 else f"s-{slug}-{number}"


@dataclass(frozen=True, slots=True)
class Pen:
    """With what blocks are drawn."""

    references: dict[str, dict[str, str]] = field(default_factory=dict)
    slugs: Slugs | None = None
    """None draws headings without ids (a removed heading is no target)."""
    mark: Wrap | None = None
    """Around every run of words: inserted, deleted, or nothing."""

    def words(self, text: str) -> str:
        """Inline source as HTML."""
        if self.mark is None:
            return inline_html(text, self.references)
        return html_of(self.inked(atoms(text, self.references)))

    def inked(self, items: Sequence[Atom]) -> Sequence[Atom]:
        """Atoms within this pen's mark."""
        return items if self.mark is None else marked_all(items, self.mark)

    def bare(self, text: str) -> str:
        """Text without inline markup as HTML."""
        return html_of(self.inked([Atom(text)])) if text else ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a change adds to a block's element."""

    lead: str = ""
    """Markup at the block's start: anchors and the sign in the margin."""
    classes: str = ""
    """Class names of the block's element."""


BARE = Frame()


@dataclass(frozen=True, slots=True)
class Cell:
    """One drawn cell of a table."""

    align: str
    content: str
    classes: str = ""


def draw(block: Block, pen: Pen, frame: Frame = BARE) -> str:
    """A block, with everything in it, as HTML."""
    if block.kind is Kind.TABLE:
        return table(
            [draw_row(line, pen, tag) for line, tag in zip(block.children, head_and_body(block), strict=True)], frame
        )
    if block.kind in {Kind.CODE, Kind.SCRIPT}:
        return element(block, code_lines(block.text, pen), pen, frame)
    inner = "".join(draw(child, pen) for child in block.children)
    if block.kind in {Kind.CALLOUT, Kind.PART}:
        return titled(block, pen.bare(block.text), inner, frame)
    return element(block, pen.words(block.text) + inner, pen, frame)


def draw_row(block: Block, pen: Pen, tag: str, frame: Frame = BARE) -> str:
    """A row of a table; `tag` is th in the header."""
    return row([Cell(cell.name, pen.words(cell.text)) for cell in block.children], tag, frame)


def head_and_body(block: Block) -> list[str]:
    """The cell tag of each row of a table."""
    return ["th", *["td"] * (len(block.children) - 1)]


def code_lines(text: str, pen: Pen) -> str:
    """Program text, each line marked by itself so that marks never run over line ends."""
    if pen.mark is None:
        return escape(text)
    return "".join(f"{html_of([Atom(line, (pen.mark,))])}\n" for line in text.removesuffix("\n").split("\n"))


def element(block: Block, inner: str, pen: Pen, frame: Frame = BARE) -> str:
    """The element of a block around its drawn content."""
    match block.kind:
        case Kind.HEADING:
            return _heading(block, inner, pen, frame)
        case Kind.CODE:
            return _code(block, inner, frame)
        case Kind.SCRIPT:
            return _script(block, inner, frame)
        case Kind.BULLETS | Kind.NUMBERS:
            return _list(block, inner, frame)
        case _:
            return _simple(block, inner, frame)


def _simple(block: Block, inner: str, frame: Frame) -> str:
    given = f' class="{frame.classes}"' if frame.classes else ""
    changed = bool(frame.classes or frame.lead)
    content = f"{frame.lead}{inner}"
    match block.kind:
        case Kind.PARAGRAPH:
            return f"<p{given}>{content}</p>\n" if content else ""
        case Kind.TIGHT:
            return f"<div{given}>{content}</div>\n" if changed else f"{inner}\n"
        case Kind.RULE:
            return f"<div{given}>{content}<hr></div>\n" if changed else "<hr>\n"
        case Kind.QUOTE:
            return f"<blockquote{given}>{content}</blockquote>\n"
        case _:
            return f"<li{given}>{content}</li>\n"


def _heading(block: Block, inner: str, pen: Pen, frame: Frame) -> str:
    level = int(block.name)
    name = pen.slugs.next(text_of(atoms(block.text, pen.references))) if pen.slugs else ""
    identity = f' id="{attribute(name)}"' if name else ""
    classes = f"cn-h{level} {frame.classes}".strip()
    tag = f"h{min(level + 1, 6)}"  # the page around has the h1
    return f'<{tag}{identity} class="{classes}">{frame.lead}{inner}</{tag}>\n'


def _code(block: Block, inner: str, frame: Frame) -> str:
    language = f'<span class="cn-language">{escape(block.name)}</span>' if block.name else ""
    return f'<div class="cn-code {frame.classes}">{frame.lead}{language}<pre><code>{inner}</code></pre></div>\n'


def _script(block: Block, inner: str, frame: Frame) -> str:
    lines = block.text.count("\n") + 1
    unfolded = " open" if frame.classes else ""
    return (
        f'<details class="cn-script {frame.classes}"{unfolded}><summary>{frame.lead}Program text in the page’s source, '
        f"{lines} lines, not run</summary><pre><code>{inner}</code></pre></details>\n"
    )


def _list(block: Block, inner: str, frame: Frame) -> str:
    tag = "ul" if block.kind is Kind.BULLETS else "ol"
    start = f' start="{int(block.name)}"' if block.name.isdecimal() and len(block.name) < 10 else ""
    drawn = f"<{tag}{start}>\n{inner}</{tag}>\n"
    return f'<div class="{frame.classes}">{frame.lead}{drawn}</div>\n' if frame.lead or frame.classes else drawn


def titled(block: Block, title: str, inner: str, frame: Frame = BARE) -> str:
    """A callout or a titled part around its drawn content; the title is drawn already."""
    if block.kind is Kind.CALLOUT:
        name = f'<p class="cn-callout-name">{escape(block.name)}{": " if title else ""}{title}</p>'
        kind = block.name.lower()
        return f'<div class="cn-callout cn-{kind} {frame.classes}">{frame.lead}{name}{inner}</div>\n'
    name = f'<p class="cn-part-title">{title}</p>' if title else ""
    return f'<div class="cn-part {frame.classes}">{frame.lead}{name}{inner}</div>\n'


def table(rows: list[str], frame: Frame = BARE) -> str:
    """Drawn rows, the first of them the header, as a table that scrolls by itself when it is wide."""
    head, body = rows[0], "".join(rows[1:])
    return (
        f'<div class="cn-table {frame.classes}" tabindex="0" role="group" aria-label="Table">{frame.lead}'
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table></div>\n"
    )


def row(cells: list[Cell], tag: str, frame: Frame = BARE) -> str:
    """Drawn cells as a row; the change's sign stands in the first."""
    given = f' class="{frame.classes}"' if frame.classes else ""
    lead, drawn = frame.lead, []
    for cell in cells:
        names = " ".join(filter(None, (f"cn-{cell.align}" if cell.align else "", cell.classes)))
        named = f' class="{names}"' if names else ""
        drawn.append(f"<{tag}{named}>{lead}{cell.content}</{tag}>")
        lead = ""
    return f"<tr{given}>{''.join(drawn)}</tr>\n"
