"""The components vendors write into Markdown (MDX): `<Note>`, `<Tab title="…">`, `export const …`, `<img …/>`.

Their tags never pass: notes become callouts, titled parts small headings, images a bordered word,
program text a folded listing; every other tag is dropped and its text kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_ATTRIBUTES = r"(?:\"[^\"]{0,4000}\"|'[^']{0,4000}'|\{[^{}]{0,4000}\}|[^<>\"'{}]){0,200}"
TAG = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9.]{{0,40}})((?=[\s/>]){_ATTRIBUTES}?)(/?)>")
_BLOCK_TAG = re.compile(r"\s*</?[A-Z]")
_ATTRIBUTE = re.compile(r"([A-Za-z][\w-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{[\"'`]([^\"'`]*)[\"'`]\})")
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")
_SCRIPT = re.compile(r"export\s+(?:default|const|let|function|async)\b")
_SCRIPT_END = re.compile(r"[)}\]]+;?\s*$")
_LONGEST_TAG = 40
_HTML = frozenset(
    [
        "a",
        "abbr",
        "b",
        "big",
        "blockquote",
        "br",
        "center",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "picture",
        "pre",
        "q",
        "s",
        "section",
        "small",
        "source",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "video",
        "wbr",
    ],
)

CALLOUTS = {"Note": "Note", "Warning": "Warning", "Tip": "Tip", "Info": "Info", "Check": "Check", "Danger": "Danger"}


def attributes(text: str) -> dict[str, str]:
    """The written attributes of a tag; computed ones (`{…}` other than a plain string) are left out."""
    return {name: next(filter(None, values), "") for name, *values in _ATTRIBUTE.findall(text)}


def has_components(text: str) -> bool:
    """True when the text is MDX: indented lines are then content of components, not code."""
    return re.search(r"^[ \t]*</?[A-Z][A-Za-z0-9.]*[\s/>]", text, re.MULTILINE) is not None


def without_nesting_indent(text: str) -> str:
    """The same lines with the indentation that only shows nesting inside components taken away."""
    lines = text.split("\n")
    written = list(lines)
    stack: list[tuple[int, str]] = []
    fence = ""
    for number, line in enumerate(written):
        indent = sum(depth for depth, _ in stack)
        lines[number] = line[min(indent, _indent(line)) :] if indent else line
        if fence:
            fence = "" if line.strip().startswith(fence) and not line.strip().strip(fence[0]) else fence
        elif found := _FENCE.match(line):
            fence = found[1]
        elif _BLOCK_TAG.match(line) and (tag := TAG.match(line.strip())) and not tag[4]:
            _step(stack, tag, _own_indent(written, number))
    return "\n".join(lines)


def _step(stack: list[tuple[int, str]], tag: re.Match[str], inner: int) -> None:
    if not tag[1] and f"</{tag[2]}>" not in tag.string:
        if len(stack) < _LONGEST_TAG:
            stack.append((inner, tag[2]))
    elif tag[1] and any(name == tag[2] for _, name in stack):
        while stack.pop()[1] != tag[2]:
            pass


def _own_indent(lines: list[str], number: int) -> int:
    """How much deeper the first line inside a component stands than its tag."""
    first = next((line for line in lines[number + 1 : number + 4] if line.strip()), "")
    return max(0, min(_indent(first) - _indent(lines[number]), 8))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def with_components(markdown: MarkdownIt) -> None:
    """Add the rules to a parser."""
    before: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "component", _component, before)
    markdown.block.ruler.before("fence", "script", _script)
    markdown.inline.ruler.before("autolink", "tag", _inline_tag)


def _component(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- markdown-it's
    begin = state.bMarks[start] + state.tShift[start]
    source = state.src
    if source[begin : begin + 1] != "<" or not _BLOCK_TAG.match(source[begin : begin + 3]):
        return False
    last = min(end, start + _LONGEST_TAG) - 1
    found = TAG.match(source, begin, state.eMarks[last])
    if found is None:
        return False
    if silent:
        return True
    stop = start + source.count("\n", begin, found.end()) + 1
    _push_tag(state, found, start, stop)
    rest = source[found.end() : state.eMarks[stop - 1]].strip()
    closing = f"</{found[2]}>"
    closes = not found[1] and not found[4] and rest.endswith(closing)
    _push_text(state, rest.removesuffix(closing).strip() if closes else rest, start, stop)
    if closes and (tag := TAG.match(closing)):
        _push_tag(state, tag, start, stop)
    state.line = stop
    return True


def _push_tag(state: StateBlock, found: re.Match[str], start: int, stop: int) -> None:
    token = state.push("component", "", 0)
    token.map = [start, stop]
    written = attributes(found[3])
    token.meta = {"name": found[2], "closing": bool(found[1]), "single": bool(found[4]), "attributes": written}


def _push_text(state: StateBlock, text: str, start: int, stop: int) -> None:
    if text:
        state.push("paragraph_open", "p", 1).map = [start, stop]
        token = state.push("inline", "", 0)
        token.content, token.map, token.children = text, [start, stop], []
        state.push("paragraph_close", "p", -1)


def _script(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- markdown-it's
    first = state.src[state.bMarks[start] : state.eMarks[start]]
    if not _SCRIPT.match(first):
        return False
    line = start
    if not first.rstrip().endswith(";"):
        line = next((at for at in range(start + 1, end) if _ends_script(state, at)), -1)
    if line < 0:
        return False
    if not silent:
        token = state.push("script", "", 0)
        token.map, token.content = [start, line + 1], state.src[state.bMarks[start] : state.eMarks[line]]
        state.line = line + 1
    return True


def _ends_script(state: StateBlock, line: int) -> bool:
    return _SCRIPT_END.fullmatch(state.src[state.bMarks[line] : state.eMarks[line]]) is not None


def _inline_tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- markdown-it's signature
    if state.src[state.pos] != "<":
        return False
    found = TAG.match(state.src, state.pos)
    if found is None or not (found[2][0].isupper() or found[2] in _HTML):
        return False
    if not silent:
        name = found[2].lower()
        if name in {"br", "hr"}:
            state.push("hardbreak", "br", 0)
        elif name == "img":
            token = state.push("image", "img", 0)
            token.content, token.meta = attributes(found[3]).get("alt", ""), {"tag": True}
    state.pos = found.end()
    return True
