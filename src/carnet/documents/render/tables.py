"""Pipe tables for markdown-it, as one token with its cells (the stock rule looks at every character in Python)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_MOST_COLUMNS = 100
_PIPE = re.compile(r"(?<!\\)\|")


def with_tables(markdown: MarkdownIt) -> None:
    """Add the rule to a parser; a token `pipe_table` has `meta["rows"]` and `meta["aligns"]`."""
    markdown.block.ruler.before("blockquote", "pipe_table", _table, {"alt": ["paragraph"]})


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- markdown-it's signature
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent:
        return False
    first, second = _line(state, start), _line(state, start + 1)
    if "|" not in first or "-" not in second or not _DELIMITER.fullmatch(second) or state.is_code_block(start):
        return False
    header, delimiters = _cells(first), _cells(second)
    if len(header) != len(delimiters) or len(header) > _MOST_COLUMNS:
        return False
    if silent:
        return True
    stop = _end_of_table(state, start + 2, end)
    token = state.push("pipe_table", "", 0)
    token.map = [start, stop]
    # rows keep the cells they have: dropping those past the header's, as GitHub does, would hide text,
    # and filling short ones lets a small text grow into a large page
    body = [_cells(_line(state, line))[: 2 * _MOST_COLUMNS] for line in range(start + 2, stop)]
    token.meta = {"rows": [header, *body], "aligns": _aligns(delimiters)}
    state.line = stop
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _cells(line: str) -> list[str]:
    parts = [cell.strip() for cell in _PIPE.split(line.strip())]
    if parts and not parts[0]:
        parts.pop(0)
    if parts and not parts[-1]:
        parts.pop()
    return [part.replace("\\|", "|") for part in parts]


def _aligns(delimiters: list[str]) -> list[str]:
    return [_ALIGN[(cell.startswith(":"), cell.endswith(":"))] for cell in delimiters]


_ALIGN = {(True, True): "center", (False, True): "right", (True, False): "", (False, False): ""}


def _end_of_table(state: StateBlock, line: int, end: int) -> int:
    terminators = state.md.block.ruler.getRules("blockquote")
    while line < end and state.sCount[line] >= state.blkIndent and not state.isEmpty(line):
        if any(rule(state, line, end, True) for rule in terminators) or state.is_code_block(line):
            break
        line += 1
    return line
