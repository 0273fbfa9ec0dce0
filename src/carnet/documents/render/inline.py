"""Inline Markdown to atoms (a run of text and what wraps it), and atoms to HTML."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from carnet.documents.render.escape import attribute, escape, safe_link
from carnet.documents.render.parse import LONGEST_INLINE, parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token


class Wrap(NamedTuple):
    """One element around a run of text."""

    open: str
    close: str
    link: str = ""
    """Target of a link or of an image, as written."""


class Atom(NamedTuple):
    """A run of text with what wraps it, outermost first."""

    text: str
    wraps: tuple[Wrap, ...] = ()
    html: str | None = None
    """Markup that stands for the text (a line break, an image); None where it is the text, escaped."""


_SIMPLE = {
    "strong_open": Wrap("<strong>", "</strong>"),
    "em_open": Wrap("<em>", "</em>"),
    "s_open": Wrap("<s>", "</s>"),
}
_CODE = Wrap("<code>", "</code>")
_SHORT_NAME = 16
_LONGEST_REMEMBERED = 2_000
_PLAIN = re.compile(r"[^\\`*_~\[\]!<&\n]*")


def atoms(text: str, references: dict[str, dict[str, str]]) -> Sequence[Atom]:
    """The atoms of an inline source."""
    if len(text) > LONGEST_INLINE or _PLAIN.fullmatch(text):
        return [Atom(text)] if text else []
    if references or len(text) > _LONGEST_REMEMBERED:
        return _parsed(text, references)
    return _remembered(text)


@lru_cache(maxsize=4_096)
def _remembered(text: str) -> Sequence[Atom]:
    """Paragraphs seen before: versions of a document share most of theirs, and so do the views of a pair."""
    return _parsed(text, {})


def _parsed(text: str, references: dict[str, dict[str, str]]) -> Sequence[Atom]:
    tokens: list[Token] = []
    markdown = parser("commonmark")
    markdown.inline.parse(text, markdown, {"references": references}, tokens)
    return tuple(_folded(tokens))


def _folded(tokens: list[Token]) -> Iterator[Atom]:
    wraps: tuple[Wrap, ...] = ()
    for token in tokens:
        if token.nesting > 0:
            wraps = (*wraps, _SIMPLE[token.type] if token.type in _SIMPLE else link(str(token.attrs.get("href", ""))))
        elif token.nesting < 0:
            wraps = wraps[:-1]
        elif token.type == "code_inline":
            yield Atom(token.content, (*wraps, _CODE))
        elif token.type == "image":
            yield _image(token, wraps)
        elif token.type == "hardbreak":
            yield Atom("\n", wraps, "<br>")
        elif token.type == "softbreak":
            yield Atom("\n", wraps)
        elif token.content:
            yield Atom(token.content, wraps)


def link(target: str) -> Wrap:
    """The element for a link: followed only where safe; within the document to its own heading."""
    if target.startswith("#"):
        return Wrap(f'<a href="#s-{attribute(target[1:])}">', "</a>", target)
    if safe := safe_link(target):
        return Wrap(f'<a href="{attribute(safe)}" rel="noopener nofollow noreferrer">', "</a>", target)
    return Wrap(f'<span class="cn-ref" title="{attribute(target[:200])}">', "</span>", target)


def _image(token: Token, wraps: tuple[Wrap, ...]) -> Atom:
    alt = token.content or "image"
    around = Wrap('<span class="cn-image">', "</span>", str(token.attrs.get("src", "")))
    return Atom(alt, (*wraps, around))


def inline_html(text: str, references: dict[str, dict[str, str]]) -> str:
    """An unmarked inline source as HTML."""
    if references or len(text) > _LONGEST_REMEMBERED:
        return html_of(atoms(text, references))
    return _remembered_html(text)


@lru_cache(maxsize=4_096)
def _remembered_html(text: str) -> str:
    return html_of(atoms(text, {}))


def html_of(items: Iterable[Atom]) -> str:
    """Atoms as HTML; elements that follow each other and are equal are one."""
    out: list[str] = []
    opened: tuple[Wrap, ...] = ()
    run: list[str] = []
    for text, wraps, html in items:
        if wraps is not opened and wraps != opened:
            out.append(_run(run, opened))
            run.clear()
            _move(out, opened, wraps)
            opened = wraps
        if html is None:
            run.append(text)
        else:
            out.extend((_run(run, opened), html))
            run.clear()
    out.append(_run(run, opened))
    _move(out, opened, ())
    return "".join(out)


def _run(texts: list[str], wraps: tuple[Wrap, ...]) -> str:
    text = "".join(texts)
    escaped = escape(text)
    if _CODE in wraps and len(text) > _SHORT_NAME:
        return escaped.replace("_", "_<wbr>")  # long names of variables may break where a person would
    return escaped


def _move(out: list[str], opened: tuple[Wrap, ...], wanted: tuple[Wrap, ...]) -> None:
    same = 0
    for have, want in zip(opened, wanted, strict=False):
        if have is not want and have != want:
            break
        same += 1
    out.extend(wrap.close for wrap in reversed(opened[same:]))
    out.extend(wrap.open for wrap in wanted[same:])


def text_of(items: Iterable[Atom]) -> str:
    """The words a reader sees."""
    return "".join(atom.text for atom in items)
