"""Dropping inline markup: what a reader sees of a run of Markdown."""

from __future__ import annotations

import html
import re

LONGEST = 50_000
"""Characters of one run up to which markup is read; a longer one (nobody writes that) is taken as plain text."""

_PIECE = re.compile("\0([0-9]+)\0")
_TICKS = re.compile("`+")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_QUOTED = r"""(?:[^<>"'{}]|"[^"]*"|'[^']*'|\{[^{}]*\})*+"""
_IMAGE_TAG = re.compile(rf"<img\b{_QUOTED}>", re.IGNORECASE)
_ALT = re.compile(r"""\balt=\{?(?:"([^"]*)"|'([^']*)')""")
_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_TARGET = r"\(\s*(?:<[^<>]*>|[^()\s]*+(?:\([^()]*\)[^()\s]*+)*+)(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
_LABEL = r"\[((?:[^\[\]]|\[[^\[\]]*\])*+)\]"
_IMAGE = re.compile("!" + _LABEL + _TARGET)
_LINK = re.compile(_LABEL + _TARGET)
_REFERENCE = re.compile(r"!?(?<!\w)\[([^\[\]]+)\]\[[^\[\]]*\]")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]+)>")
COMMENTS = (("<!--", "-->"), ("{/*", "*/}"))
_HTML = (
    "a|abbr|b|blockquote|button|caption|center|cite|code|col|colgroup|dd|del|details|div|dl|dt|em|figcaption|figure|"
    "h[1-6]|hr|i|iframe|ins|kbd|li|mark|ol|p|picture|pre|q|s|samp|section|small|source|span|strike|strong|sub|summary|"
    "sup|svg|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video|wbr"
)
_TAG = re.compile(
    rf"(?:(?<!\w)<|</)(?:[A-Z](?:[A-Za-z0-9.]*[a-z][A-Za-z0-9.]*)?|(?i:{_HTML}))(?=[\s/>]){_QUOTED}>|</>|</[a-z0-9]+>"
)
_TITLE = re.compile(r"""\b(?:title|label|tip|description)=\{?(?:"([^"]*)"|'([^']*)')""")
_EMPHASIS = (
    (
        "*",
        (
            re.compile(r"\*\*(?=\S)((?:(?!\*\*).)+)(?<=\S)\*\*", re.DOTALL),
            re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![\w*])"),
        ),
    ),
    (
        "_",
        (
            re.compile(r"(?<!\w)__(?=\S)((?:(?!__).)+)(?<=\S)__(?!\w)", re.DOTALL),
            re.compile(r"(?<!\w)_(?=[^\s_])((?:[^_]|(?<=\w)_(?=\w))+)(?<=\S)_(?!\w)"),
        ),
    ),
    ("~~", (re.compile(r"~~(?=\S)((?:(?!~~).)+)(?<=\S)~~", re.DOTALL),)),
)


def plain(markdown: str) -> str:
    """Inline Markdown without its markup: links are their label, images their alt text, white space one blank."""
    skeleton, pieces = strip(markdown)
    return restore(skeleton, pieces)


def strip(markdown: str) -> tuple[str, list[str]]:
    """Text without markup in which `NUL index NUL` stands for a piece (code, an escaped sign) kept as written."""
    text = markdown.replace("\0", "\ufffd")
    if len(text) > LONGEST:
        return " ".join(text.split()), []
    pieces: list[str] = []
    text = _set_code_aside(text, pieces)
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: _aside(match[1], pieces), text)
    if "<" in text or "{" in text:
        text = _without_tags(text)
    if "[" in text:
        text = _without_links(text)
    for sign, marks in _EMPHASIS:
        if sign in text:
            for mark in marks:
                text = mark.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.split()), pieces


def restore(skeleton: str, pieces: list[str]) -> str:
    """Text with the pieces `strip` has set aside put back."""
    if "\0" not in skeleton:
        return skeleton
    return " ".join(_PIECE.sub(lambda match: pieces[int(match[1])], skeleton).split())


def is_picture(markdown: str) -> bool:
    """True for a run that holds images and nothing else a reader sees."""
    if "<img" not in markdown and "![" not in markdown:
        return False
    return not plain(_IMAGE.sub("", _IMAGE_TAG.sub("", markdown[:LONGEST])))


def _aside(piece: str, pieces: list[str]) -> str:
    pieces.append(piece)
    return f"\0{len(pieces) - 1}\0"


def _set_code_aside(text: str, pieces: list[str]) -> str:
    runs = list(_TICKS.finditer(text))
    if not runs:
        return text
    partner = _partners([len(run[0]) for run in runs])
    parts: list[str] = []
    at = index = 0
    while index < len(runs):
        other = partner[index]
        if other is None or text[runs[index].start() - 1 : runs[index].start()] == "\\":
            index += 1
            continue
        code = text[runs[index].end() : runs[other].start()]
        parts += (text[at : runs[index].start()], _aside(code.strip() or code, pieces))
        at, index = runs[other].end(), other + 1
    return "".join([*parts, text[at:]])


def _partners(lengths: list[int]) -> list[int | None]:
    # the next run of the same length closes a code span; looked up from the right so that it stays linear
    later: dict[int, int] = {}
    partner: list[int | None] = [None] * len(lengths)
    for index in range(len(lengths) - 1, -1, -1):
        partner[index] = later.get(lengths[index])
        later[lengths[index]] = index
    return partner


def _without_tags(text: str) -> str:
    for start, end in COMMENTS:
        text = _without(text, start, end)
    text = _IMAGE_TAG.sub(lambda match: _attribute(_ALT, match[0]), text)
    text = _BREAK.sub(" ", text)
    text = _AUTOLINK.sub(r"\1", text)
    return _TAG.sub(lambda match: _attribute(_TITLE, match[0]), text)


def _without(text: str, start: str, end: str) -> str:
    # str.find, not a lazy regex: a page of unclosed comments must not cost the square of its length
    parts: list[str] = []
    at = 0
    while (opened := text.find(start, at)) >= 0 and (closed := text.find(end, opened + len(start))) >= 0:
        parts += (text[at:opened], " ")
        at = closed + len(end)
    return "".join([*parts, text[at:]]) if parts else text


def _attribute(wanted: re.Pattern[str], tag: str) -> str:
    found = wanted.search(tag)
    return f" {found[1] or found[2] or ''} " if found else ""


def _without_links(text: str) -> str:
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    return _REFERENCE.sub(r"\1", text)
