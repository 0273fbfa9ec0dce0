"""The main content of a web page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.documents.capture.extract.charset import decoded
from carnet.documents.capture.extract.markdown import Converter
from carnet.documents.capture.extract.walls import wall
from carnet.errors import FetchError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser as Tree
    from selectolax.lexbor import LexborNode as Node

    from carnet.documents.capture.extract.order import Order

_LANDMARKS = ("main, [role=main]", "article")
_LEAST = 0.25
"""Share of the page's words that a landmark must hold to be taken for the content."""

_NEARLY_ALL = 0.9


def page_text(order: Order) -> str:
    """The main content of a page as Markdown. Raises FetchError where there is none, or it is a wall before it."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - the parent process does without

    html = decoded(order.body, order.charset)
    tree = LexborHTMLParser(html)
    for selector in order.filters:
        for node in _select(tree, selector):
            node.decompose()
    text = _chosen(tree, html, order)
    if what := wall(tree, html, text):
        raise FetchError(what, "wall")
    if not text:
        raise FetchError("no text was found in the page", "no-text")
    return text


def _chosen(tree: Tree, html: str, order: Order) -> str:
    if order.selector:
        found = _select(tree, order.selector)
        if not found:
            raise FetchError(f"the selector {order.selector!r} matches nothing in the page", "selector")
        return Converter(order.url).document(_outermost(found))
    nodes = _landmark(tree)
    if nodes:
        return Converter(order.url).document(nodes)
    return Converter(order.url).document([_by_words(tree.body, html)] if tree.body else [])


def _select(tree: Tree, selector: str) -> list[Node]:
    try:
        return tree.css(selector)
    except Exception as error:
        raise FetchError(f"{selector!r} is not a CSS selector that Carnet understands: {error}", "selector") from error


def _outermost(nodes: list[Node]) -> list[Node]:
    """Without those that stand inside another one."""
    if len(nodes) < 2:
        return nodes
    chosen = {node.mem_id for node in nodes}
    return [node for node in nodes if not any(above in chosen for above in _above(node))]


def _above(node: Node) -> list[int]:
    ids, parent = [], node.parent
    while parent is not None:
        ids.append(parent.mem_id)
        parent = parent.parent
    return ids


def _landmark(tree: Tree) -> list[Node]:
    """What the page itself marks as its content, where that holds a fair share of its words."""
    whole = _length(tree.body) if tree.body else 0
    for selector in _LANDMARKS:
        found = _outermost(tree.css(selector))
        longest = max(found, key=_length, default=None)
        if longest is not None and _length(longest) >= max(_LEAST * whole, 1):
            return [longest]
    return []


def _length(node: Node) -> int:
    return len(node.text(deep=True))


def _by_words(part: Node, html: str) -> Node:
    """The smallest part of a page without landmarks that holds nearly all of what trafilatura takes for content.

    Its choice of words is good, the text it writes leaves out lists, tables and code: so the part is taken whole.
    """
    import trafilatura  # noqa: PLC0415 - half a second of imports that most pages do without

    found = trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True) or ""
    lines = [flat for line in found.splitlines() if (flat := _flat(line))]
    while inner := next((child for child in part.iter() if lines and _holds(child, lines)), None):
        part = inner
    return part


def _holds(node: Node, lines: list[str]) -> bool:
    """Whether nearly all of these lines stand in a node."""
    text, wanted = _flat(node.text(deep=True)), _NEARLY_ALL * sum(len(line) for line in lines)
    return len(text) >= wanted and sum(len(line) for line in lines if line in text) >= wanted


def _flat(text: str) -> str:
    return re.sub(r"\W+", "", text)
