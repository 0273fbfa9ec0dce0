"""Markdown to blocks, with the line each block stands on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from carnet.documents.render.components import CALLOUTS, has_components, with_components, without_nesting_indent
from carnet.documents.render.tables import with_tables
from carnet.documents.render.tree import Block, Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEEPEST = 24
"""Quotes and lists nested deeper are shown as the text they are."""
LONGEST_INLINE = 30_000
"""Paragraphs longer than this (no person wrote them) are shown without inline markup."""

_CONTAINERS = {
    "blockquote": Kind.QUOTE,
    "bullet_list": Kind.BULLETS,
    "ordered_list": Kind.NUMBERS,
    "list_item": Kind.ITEM,
}


@cache
def parser(dialect: str) -> MarkdownIt:
    """The shared parser: CommonMark and tables, no raw HTML; `mdx` reads indented lines as content, not code."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 -- 40 ms that a plain `carnet` command need not pay

    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST}).enable("strikethrough")
    markdown.disable(["html_block", "html_inline"])
    with_tables(markdown)
    with_components(markdown)
    return markdown.disable("code") if dialect == "mdx" else markdown


def dialect_of(text: str) -> str:
    """Which Markdown a text is written in."""
    return "mdx" if has_components(text) else "commonmark"


def parse(
    text: str,
    dialect: str | None = None,
    first_line: int = 0,
    references: dict[str, dict[str, str]] | None = None,
) -> Tree:
    """Blocks of a Markdown text whose first line is line `first_line` of its document."""
    dialect = dialect or dialect_of(text)
    markdown = parser(dialect)
    env: dict[str, dict[str, dict[str, str]]] = {"references": dict(references or {})}
    tokens: list[Token] = []
    markdown.block.parse(without_nesting_indent(text) if dialect == "mdx" else text, markdown, env, tokens)
    return Tree(_Builder(tokens, first_line, text).blocks(), env["references"])


class _Builder:
    """Folds markdown-it's flat tokens into blocks."""

    def __init__(self, tokens: list[Token], first_line: int, text: str) -> None:
        self._tokens = tokens
        self._source = text.split("\n")
        self._at = 0
        self._offset = first_line

    def blocks(self) -> tuple[Block, ...]:
        """The blocks up to the end of the enclosing one."""
        found: list[Block | Token] = []
        while self._at < len(self._tokens) and self._tokens[self._at].nesting >= 0:
            token = self._tokens[self._at]
            self._at += 1
            if token.type == "component":
                found.append(token)
            else:
                found.append(self._block(token))
        return tuple(_Components(found, self._offset).folded())

    def _lines(self, token: Token) -> tuple[int, int]:
        start, end = token.map or (0, 0)
        while end > start + 1 and (end > len(self._source) or not self._source[end - 1].strip()):
            end -= 1
        return start + self._offset, end + self._offset

    def _block(self, token: Token) -> Block:
        start, end = self._lines(token)
        match token.type:
            case "paragraph_open" | "heading_open":
                text = self._tokens[self._at].content
                self._at += 2
                kind = Kind.HEADING if token.tag != "p" else Kind.TIGHT if token.hidden else Kind.PARAGRAPH
                return Block(kind, start, end, text, token.tag[1:])
            case "fence" | "code_block":
                return Block(Kind.CODE, start, end, token.content, token.info.strip().split(" ")[0][:40])
            case "script":
                return Block(Kind.SCRIPT, start, end, token.content)
            case "pipe_table":
                return _table(token, start, end)
            case "hr":
                return Block(Kind.RULE, start, end)
            case _:
                return self._container(token, start, end)

    def _container(self, token: Token, start: int, end: int) -> Block:
        kind = _CONTAINERS[token.type.removesuffix("_open")]
        children = self.blocks() or self._too_deep(token, start, end)
        self._at += 1
        name = str(token.attrs.get("start", "")) if kind is Kind.NUMBERS else ""
        return Block(kind, start, end, name=name, children=children)

    def _too_deep(self, token: Token, start: int, end: int) -> tuple[Block, ...]:
        """What markdown-it leaves out below its deepest level, as text: nothing captured may vanish."""
        if token.level < DEEPEST - 2:
            return ()
        lines = self._source[start - self._offset : end - self._offset]
        return (Block(Kind.CODE, start, end, "\n".join(lines)),)


def _table(token: Token, start: int, end: int) -> Block:
    aligns = token.meta["aligns"]
    rows = [
        _row(cells, aligns, start if number == 0 else start + 1 + number)
        for number, cells in enumerate(token.meta["rows"])
    ]
    return Block(Kind.TABLE, start, end, children=tuple(rows))


def _row(cells: list[str], aligns: list[str], line: int) -> Block:
    columns = [*aligns, *[""] * (len(cells) - len(aligns))]
    made = [Block(Kind.CELL, line, line + 1, text, align) for text, align in zip(cells, columns, strict=False)]
    return Block(Kind.ROW, line, line + 1, children=tuple(made))


class _Components:
    """Pairs opening and closing component tags among siblings; a tag without its pair is dropped."""

    def __init__(self, found: list[Block | Token], offset: int) -> None:
        self._found = found
        self._offset = offset
        self._partner = self._partners()

    def _partners(self) -> dict[int, int]:
        partner: dict[int, int] = {}
        stack: list[int] = []
        for at, item in enumerate(self._found):
            if isinstance(item, Block) or item.meta["single"]:
                continue
            if not item.meta["closing"]:
                stack.append(at)
            elif (opened := self._last_open(stack, item.meta["name"])) is not None:
                partner[stack[opened]] = at
                del stack[opened:]
        return partner

    def _last_open(self, stack: list[int], name: str) -> int | None:
        for depth in range(len(stack) - 1, max(-1, len(stack) - 1 - DEEPEST), -1):
            item = self._found[stack[depth]]
            if not isinstance(item, Block) and item.meta["name"] == name:
                return depth
        return None

    def folded(self) -> Iterator[Block]:
        """The siblings with each pair of tags made one block."""
        return self._between(0, len(self._found), 0)

    def _between(self, at: int, stop: int, depth: int) -> Iterator[Block]:
        while at < stop:
            item = self._found[at]
            close = self._partner.get(at)
            if isinstance(item, Block):
                yield item
            elif close is not None and depth < DEEPEST:
                yield from self._folded_pair(item, at, close, depth)
                at = close
            elif not item.meta["closing"]:
                yield from self._titled(item, (), self._end(item))
            at += 1

    def _folded_pair(self, item: Token, at: int, close: int, depth: int) -> Iterator[Block]:
        children = tuple(self._between(at + 1, close, depth + 1))
        end = self._found[close]
        return self._titled(item, children, self._end(end) if not isinstance(end, Block) else end.end)

    def _end(self, item: Token) -> int:
        return (item.map or [0, 0])[1] + self._offset

    def _titled(self, item: Token, children: tuple[Block, ...], end: int) -> Iterator[Block]:
        start = (item.map or [0, 0])[0] + self._offset
        name, title = item.meta["name"], item.meta["attributes"].get("title", "")
        if name in CALLOUTS:
            yield Block(Kind.CALLOUT, start, end, title, CALLOUTS[name], children)
        elif title or children:
            yield Block(Kind.PART, start, end, title, name, children)
        elif alt := item.meta["attributes"].get("alt", ""):
            yield Block(Kind.PARAGRAPH, start, end, alt)
