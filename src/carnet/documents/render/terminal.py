"""A comparison on a terminal, or in a pipe."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from carnet.documents.render.counts import counts_line, unchanged
from carnet.documents.render.escape import plain
from carnet.documents.render.rows import Change, Same, parts
from carnet.documents.render.text import lines_of
from carnet.model.difference import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from carnet.model.difference import Comparison, Hunk, Line


class Style(StrEnum):
    """How a comparison is printed."""

    PLAIN = "plain"
    """Marks in signs only; no line is wrapped or cut (pipes, files, NO_COLOR)."""
    COLOUR = "colour"
    """The same marks, coloured and wrapped to the window."""


Run = tuple[str, str]
"""Text and what it is: `same`, `added`, `removed`, `moved`, `heading`, `quiet`, or empty."""

_COLOURS = {"added": "green underline", "removed": "red strike", "moved": "cyan", "heading": "bold", "quiet": "dim"}
_SIGNS = {Mark.ADDED: "+ ", Mark.REMOVED: "- ", Mark.MOVED_FROM: "- ", Mark.MOVED_TO: "+ ", Mark.SAME: "  "}
_NAMES = {Mark.ADDED: "added", Mark.REMOVED: "removed", Mark.MOVED_FROM: "moved", Mark.MOVED_TO: "moved", Mark.SAME: ""}


def style_for(out: TextIO, environment: Mapping[str, str]) -> Style:
    """Colours on a terminal, unless NO_COLOR is set or the terminal is dumb."""
    colourful = out.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return Style.COLOUR if colourful else Style.PLAIN


def print_comparison(
    comparison: Comparison,
    old_text: bytes,
    new_text: bytes,
    out: TextIO,
    *,
    style: Style = Style.PLAIN,
) -> None:
    """Write counts, sections and changed lines with their word marks; unchanged parts fold to their number."""
    del old_text  # unchanged lines are the same on both sides
    rows = _rows(comparison, lines_of(new_text))
    if style is Style.COLOUR:
        _print_coloured(rows, out)
        return
    out.writelines("".join(plain(text) for text, _ in row) + "\n" for row in rows)


def _print_coloured(rows: Iterator[list[Run]], out: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 -- 50 ms only a terminal pays
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=out, highlight=False, markup=False, emoji=False, force_terminal=True)
    for row in rows:
        line = Text()
        for text, name in row:
            line.append(plain(text).expandtabs(4), style=_COLOURS.get(name, ""))
        console.print(line, soft_wrap=False, overflow="fold")


def _rows(comparison: Comparison, new: Sequence[str]) -> Iterator[list[Run]]:
    yield [(counts_line(comparison), "heading")]
    if not comparison.hunks:
        yield [("The two texts are equal.", "quiet")]
    for part in parts(comparison, len(new)):
        if isinstance(part, Same):
            yield from _same(part, new)
        else:
            yield from _change(part)


def _same(part: Same, new: Sequence[str]) -> Iterator[list[Run]]:
    if part.folded:
        yield [("", "")]
        yield [(f"  ... {unchanged(part.size)}", "quiet")]
        return
    for line in new[part.new : part.new + part.size]:
        yield [(f"  {line}".rstrip(), "quiet")]


def _change(part: Change) -> Iterator[list[Run]]:
    yield [(f"@ {_place(part.hunk)}", "heading")]
    for line in part.hunk.lines:
        yield _line(line)


def _place(hunk: Hunk) -> str:
    path = " > ".join(hunk.section) or "Top of the document"
    note = "  (layout only)" if hunk.cosmetic else ""
    return f"{path}  line {hunk.new_start + 1}{note}"


def _line(line: Line) -> list[Run]:
    name = _NAMES[line.mark]
    text = line.text.removesuffix("\r")
    runs = [(_SIGNS[line.mark], name)]
    if line.mark in {Mark.MOVED_FROM, Mark.MOVED_TO} and line.pair is not None:
        way = "to" if line.mark is Mark.MOVED_FROM else "from"
        return [*runs, (text, name), (f"  (moved {way} line {line.pair + 1})", "quiet")]
    end = [("  (no line end at the end of the text)", "quiet")] if line.unended else []
    if line.spans:
        return [*runs, *(_span(span.mark, span.text.removesuffix("\r")) for span in line.spans), *end]
    return [*runs, (text, name), *end]


def _span(mark: Mark, text: str) -> Run:
    if mark is Mark.REMOVED:
        return f"[-{text}-]", "removed"
    if mark is Mark.ADDED:
        return f"{{+{text}+}}", "added"
    return text, ""
