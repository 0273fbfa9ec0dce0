"""A part of a web page as Markdown: headings, lists, tables, code, links; nothing that runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selectolax.lexbor import LexborNode as Node

DROPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "canvas", "iframe", "object", "embed", "audio",
    "video", "nav", "button", "input", "select", "textarea", "head", "link", "meta", "dialog", "_comment",
))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "caption", "search",
))  # fmt: skip
_STRONG, _EMPHASIS, _STRUCK = frozenset({"strong", "b"}), frozenset({"em", "i", "cite", "dfn"}), frozenset({"del", "s"})
_CODE = frozenset({"code", "kbd", "samp", "tt", "var"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff]")
_SPECIAL = re.compile(r"\\(?=[!-/:-@\[-`{-~])|[*`]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?])|\](?=[(\[])|~(?=~)")
_MAYBE_SPECIAL = re.compile(r"[\\*`_<\]~]")
_LINE_START = re.compile(r"^(#{1,6}(?=\s|$)|[>+]|-(?=\s|-)|=+$|\d{1,9}(?=[.)](?:\s|$)))", re.MULTILINE)
_ANCHOR_MARKS = frozenset({"", "#", "¶", "§", "🔗", "\u200b"})


class Converter:
    """Turns nodes into Markdown. Relative addresses are read against `base`."""

    def __init__(self, base: str) -> None:
        self._base = base
        found = re.match(r"https?://[^/?#]*", base)
        self._site = found[0] if found else ""
        self._makers: dict[str, Callable[[Node], list[str]]] = {
            "ul": self._list,
            "ol": self._list,
            "menu": self._list,
            "pre": self._code,
            "blockquote": self._quote,
            "table": self._table,
            "hr": lambda _: ["---"],
            "dt": lambda node: [f"**{text}**"] if (text := self._inline(node).strip()) else [],
            **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), self._heading),
        }

    def document(self, nodes: list[Node]) -> str:
        """The Markdown of some parts, ending in one newline; empty where there is no text."""
        blocks = [block for node in nodes for block in self._block(node)]
        lines = "\n\n".join(blocks).split("\n")
        text = "\n".join(line.rstrip(" \t") for line in lines).strip("\n")
        return f"{_CONTROL.sub('', text)}\n" if text.strip() else ""

    def _block(self, node: Node) -> list[str]:
        """The blocks of one block element."""
        if node.tag in DROPPED or _hidden(node):
            return []
        return self._makers.get(node.tag or "", self._flow)(node)

    def _flow(self, node: Node) -> list[str]:
        """Paragraphs and blocks among one another."""
        blocks: list[str] = []
        run: list[str] = []
        for child in _children(node):
            if child.tag == "-text":
                text = child.text_content or ""
                if run or not text.isspace():
                    run.append(_written(text))
            elif self._is_block(child):
                _end(run, blocks)
                blocks += self._block(child)
            else:
                run.append(self._inline_of(child))
        _end(run, blocks)
        return blocks

    def _is_block(self, node: Node) -> bool:
        """Block elements, and inline ones around blocks (a link around a card)."""
        tag = node.tag or ""
        if tag in _BLOCKS:
            return True
        if tag in {"-text", *DROPPED} or node.first_child is None:
            return False
        return any(self._is_block(child) for child in _children(node))

    def _heading(self, node: Node) -> list[str]:
        text = _one_line(self._inline(node))
        return [f"{'#' * int((node.tag or 'h1')[1])} {text}"] if text else []

    def _list(self, node: Node) -> list[str]:
        number = _number(node.attributes.get("start")) if node.tag == "ol" else None
        items: list[str] = []
        for child in _children(node):
            if child.tag in DROPPED or child.tag == "-text" or _hidden(child):
                continue
            marker = "- " if number is None else f"{number}. "
            blocks = self._flow(child) if child.tag not in {"ul", "ol"} else self._list(child)
            if not blocks:
                continue
            items.append(_item(marker, blocks))
            number = None if number is None else number + 1
        loose = any("\n\n" in item for item in items)
        return ["\n\n".join(items) if loose else "\n".join(items)] if items else []

    def _code(self, node: Node) -> list[str]:
        text = _text(node).strip("\n")
        if not text.strip():
            return []
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return [f"{fence}{_language(node)}\n{text}\n{fence}"]

    def _quote(self, node: Node) -> list[str]:
        inner = "\n\n".join(self._flow(node))
        return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))] if inner else []

    def _table(self, node: Node) -> list[str]:
        rows = [row for row in (self._row(each) for each in _rows(node)) if any(row)]
        caption = [text for each in _children(node) if each.tag == "caption" for text in self._flow(each)]
        if not rows:
            return caption
        width = max(len(row) for row in rows)
        if width == 1:  # a table for the layout
            return [*caption, *(row[0] for row in rows)]
        padded = [row + [""] * (width - len(row)) for row in rows]
        ruled = [padded[0], ["---"] * width, *padded[1:]]
        return [*caption, "\n".join(f"| {' | '.join(row)} |" for row in ruled)]

    def _row(self, row: Node) -> list[str]:
        cells: list[str] = []
        for cell in _children(row):
            if cell.tag in {"td", "th"} and not _hidden(cell):
                text = " ".join(_one_line(block) for block in self._flow(cell))
                cells.append(text.replace("|", "\\|"))
                cells += [""] * (min(_number(cell.attributes.get("colspan")), 50) - 1)
        return cells

    def _inline(self, node: Node) -> str:
        return "".join(self._inline_of(child) for child in _children(node))

    def _inline_of(self, node: Node) -> str:
        tag = node.tag or ""
        if tag == "-text":
            return _written(node.text_content or "")
        if tag in DROPPED or _hidden(node):
            return ""
        if tag == "br":
            return "\n"
        if tag == "img":
            return self._image(node)
        if tag in _CODE:
            return _code_span(_text(node))
        return self._marked(tag, node)

    def _marked(self, tag: str, node: Node) -> str:
        text = self._inline(node)
        if tag == "a":
            return self._link(node, text)
        mark = "**" if tag in _STRONG else "*" if tag in _EMPHASIS else "~~" if tag in _STRUCK else ""
        return _wrapped(text, mark) if mark else f" {text} " if tag in _BLOCKS else text

    def _link(self, node: Node, text: str) -> str:
        target = self._address(node.attributes.get("href"))
        inner = text.strip()
        if inner in _ANCHOR_MARKS and (node.attributes.get("href") or "").startswith("#"):
            return ""
        if not target or not inner or "](" in inner.replace("![", ""):
            return text
        return text.replace(inner, f"[{_one_line(inner)}]({target})", 1)

    def _image(self, node: Node) -> str:
        alt = _one_line(_written(node.attributes.get("alt") or ""))
        source = self._address(node.attributes.get("src"))
        return f"![{alt}]({source})" if source else alt

    def _joined(self, target: str) -> str:
        if target.startswith("https://"):
            return target
        plain = target.startswith("/") and not target.startswith("//") and "/." not in target
        return self._site + target if plain and self._site else urljoin(self._base, target)

    def _address(self, value: str | None) -> str:
        """A target fit for Markdown; empty for one that would run something or carry data."""
        text = _CONTROL.sub("", (value or "").strip())
        try:
            target = self._joined(text)
        except ValueError:
            return ""
        scheme = target.partition(":")[0].lower()
        if not text or (":" in target and scheme not in {"http", "https", "mailto", "tel"}):
            return ""
        return re.sub(r"[\s()<>]", lambda found: f"%{ord(found[0]):02X}", target)


def _children(node: Node) -> Iterator[Node]:
    return node.iter(include_text=True)


def _rows(table: Node) -> Iterator[Node]:
    """The rows of a table, not those of tables inside it."""
    for child in _children(table):
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in _children(child) if row.tag == "tr")


def _hidden(node: Node) -> bool:
    if node.tag == "-text":
        return False
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or attributes.get("aria-hidden") == "true")


def _written(text: str) -> str:
    """Characters of the page such that Markdown shows them as they are; any white space is one space."""
    flat = _flat(text)
    # The first look is cheap and nearly always enough.
    return _SPECIAL.sub(r"\\\g<0>", flat) if _MAYBE_SPECIAL.search(flat) else flat


def _flat(text: str) -> str:
    """White space collapsed, one space kept at either end."""
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{words}{' ' * text[-1].isspace()}"


def _end(run: list[str], blocks: list[str]) -> None:
    """Make a paragraph of what was gathered."""
    if not run:
        return
    whole = "".join(run)
    run.clear()
    if "\n" not in whole:
        text = " ".join(whole.split())
    else:
        text = "\n".join(filter(None, (" ".join(line.split()) for line in whole.split("\n"))))
    if text:
        at_start = _LINE_START.match(text) if "\n" not in text else True
        blocks.append(_LINE_START.sub(_escaped, text) if at_start else text)


def _escaped(found: re.Match[str]) -> str:
    """What would begin a heading, list or quotation, as plain characters; a number keeps its digits whole."""
    return f"{found[1]}\\" if found[1][0].isdigit() else f"\\{found[1]}"


def _item(marker: str, blocks: list[str]) -> str:
    """A list item; a list inside it follows its text without a blank line."""
    text = blocks[0]
    for block in blocks[1:]:
        tight = re.match(r"(?:- |\d+\. )", block) and len(blocks) == 2
        text += f"{chr(10) if tight else chr(10) * 2}{block}"
    indent = " " * len(marker)
    return marker + "\n".join(f"{indent}{line}" if line and at else line for at, line in enumerate(text.split("\n")))


def _wrapped(text: str, mark: str) -> str:
    """Marks stand next to the words, spaces outside."""
    inner = text.strip()
    if not inner or "\n" in inner:
        return text
    start = text.index(inner)
    return f"{text[:start]}{mark}{inner}{mark}{text[start + len(inner) :]}"


def _code_span(text: str) -> str:
    inner = " ".join(text.split())
    if not inner:
        return " " if text else ""
    longest = max((len(run) for run in re.findall(r"`+", inner)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if inner[0] == "`" or inner[-1] == "`" else ""
    return f"{fence}{pad}{inner}{pad}{fence}"


def _text(node: Node) -> str:
    """All characters of a node as they are, line breaks for `br`."""
    if node.css_first("br") is None:
        return str(node.text(deep=True))
    return "".join(
        "\n" if each.tag == "br" else each.text_content or ""
        for each in node.traverse(include_text=True)
        if each.tag in {"br", "-text"}
    )


def _language(node: Node) -> str:
    named = " ".join(
        (each.attributes.get("class") or "") for each in (node, node.css_first("code")) if each is not None
    )
    found = re.search(r"(?:^|\s)(?:language|lang|highlight-source)-([A-Za-z0-9_+#-]{1,20})", named)
    return found[1] if found else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
