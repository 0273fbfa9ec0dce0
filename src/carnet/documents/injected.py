"""Instructions addressed to a reader's agent: found, flagged, kept out of sentences, never followed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG = r"agent[-_]?instructions?|(?:ai|llm|assistant|model)[-_]?instructions?"
_BLOCK = re.compile(rf"<({_TAG})\b[^<>]*>", re.IGNORECASE)
_TOKEN = re.compile(rf"^[ \t>]*(`{{3,}}|~{{3,}})|`+|<!--|\{{/\*|<(?:{_TAG})\b[^<>]*>", re.IGNORECASE | re.MULTILINE)
_HINT = re.compile(rf"<(?:{_TAG})\b", re.IGNORECASE)
_CLOSING = {"<!--": "-->", "{/*": r"\*/\}"}

_READER = (
    r"(?:an? |all |any |the )?(?:ai|llms?|language models?|(?:ai |coding |llm |automated )?(?:agents?|assistants?)|"
    r"chat ?bots?|claude|chatgpt|gpt|gemini|copilot)"
)
_ADDRESS = re.compile(rf"\b(?:if you are|if you're|as|to|for|attention|note to|dear|hey) {_READER}\b", re.IGNORECASE)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|include|submit|post|send|curl|fetch|visit|report|must|should|always|never|do not)\b",
    re.IGNORECASE,
)
_SPOKEN = (
    (
        ("previous ", "prior ", "earlier ", "above "),
        re.compile(
            r"\b(?:ignore|disregard|forget) (?:all |any |your |the |of )*(?:previous|prior|earlier|above) "
            r"(?:instructions|prompts)"
        ),
    ),
    (
        ("these instructions",),
        re.compile(r"\bthese instructions (?:should|must|are to) be (?:included|kept|repeated)\b"),
    ),
    (
        ("if you are a", "if you're a", "note to a", "attention, ", "dear "),
        re.compile(
            rf"\b(?:if you are|if you're|note to|attention,?|dear) {_READER}\b[^.]{{0,200}}"
            r"\b(?:post|curl|submit|send|ignore|include|must)\b"
        ),
    ),
    (
        ("post to", "curl ", "submit "),
        re.compile(
            rf"(?:^|[.>*] ){_READER}\b[^.]{{0,40}}\b(?:must|should|please)\b[^.]{{0,80}}\b(?:post|curl|submit)\b"
            r".{0,200}https?://"
        ),
    ),
)
"""Orders in plain sight: strings to look for, and what must stand around them; pages *about* agents do not match."""
_AROUND = 600


class Shown(NamedTuple):
    """Text as a reader sees it."""

    text: str
    """Without comments and agent-instruction blocks; line numbers kept, code left alone."""
    orders: bool
    """True when what was left out gives a reader's agent orders."""


def spoken_orders(sentence: str) -> bool:
    """True for a sentence in plain sight that gives a reader's agent orders.

    Such a sentence is flagged, not left out: a rule that made visible sentences vanish would be worth attacking.
    """
    lowered = sentence.lower()
    return any(
        pattern.search(part) is not None for anchors, pattern in _SPOKEN for part in _around_each(lowered, anchors)
    )


def shown(block: str) -> Shown:
    """A block of text without what it hides."""
    if not may_hide(block):
        return Shown(block, orders=False)
    lines = block.split("\n")
    if len(lines) == 1 or "```" in block or "~~~" in block or any(_may_run_on(line, 0, len(line)) for line in lines):
        return _shown(block)
    read = [_shown_line(line) if may_hide(line) else Shown(line, orders=False) for line in lines]
    return Shown("\n".join([line.text for line in read]), any(line.orders for line in read))


def _shown(text: str) -> Shown:
    parts: list[str] = []
    at = 0
    orders = False
    for start, end in _hidden(text, 0, len(text), set()):
        parts += (text[at:start], "\n" * text.count("\n", start, end))
        orders = orders or _gives_orders(text[start:end])
        at = end
    return Shown("".join([*parts, text[at:]]), orders)


_shown_line = lru_cache(maxsize=4_096)(_shown)  # long tables differ from version to version in a row or two


def may_hide(text: str) -> bool:
    """False for a text in which nothing is hidden: most, told cheaply."""
    return "<!--" in text or "{/*" in text or _HINT.search(text) is not None


def hidden_until(text: str, start: int, end: int, unclosed: set[str]) -> int:
    """Where a hidden part ends that begins between two offsets of a text and runs on behind them; else `end`."""
    if not _may_run_on(text, start, end):
        return end
    return max([end, *(stop for _, stop in _hidden(text, start, end, unclosed))])


def _may_run_on(text: str, start: int, end: int) -> bool:
    """True unless every comment that begins here has ended here too."""
    return (
        text.rfind("{/*", start, end) > text.rfind("*/}", start, end)
        or text.rfind("<!--", start, end) > text.rfind("-->", start, end)
        or _HINT.search(text, start, end) is not None
    )


def _around_each(text: str, anchors: tuple[str, ...]) -> Iterator[str]:
    """What stands around the anchors; little, as a sentence may be ten megabytes long.

    What stands around neighbours is given once: a page of nothing but anchors must not be read dozens of times.
    """
    for anchor in anchors:
        start = end = 0
        at = text.find(anchor)
        while at >= 0:
            if at - _AROUND > end:
                if end:
                    yield text[start:end]
                start = at - _AROUND
            end = at + _AROUND
            at = text.find(anchor, at + len(anchor))
        if end:
            yield text[start:end]


def _gives_orders(part: str) -> bool:
    return _BLOCK.match(part) is not None or (_ADDRESS.search(part) is not None and _ORDER.search(part) is not None)


def _hidden(text: str, start: int, end: int, unclosed: set[str]) -> Iterator[tuple[int, int]]:
    """Where comments and instruction blocks stand outside code; one that is never closed hides nothing.

    `unclosed` remembers what was looked for in vain: a page of openings must not cost the square of its length.
    """
    at = start
    while token := _TOKEN.search(text, at, end):
        at = token.end()
        opened, fence = token[0], token[1] or ""
        key = fence or opened
        found = None if key in unclosed else _closing(opened, fence).search(text, at)
        if found is None:
            unclosed.add(key)
        elif fence or (opened[0] == "`" and text.find("\n\n", at, found.start()) < 0):  # code, inline in one paragraph
            at = found.end()
        elif opened[0] != "`":
            at = found.end()
            yield token.start(), at


@lru_cache(maxsize=256)
def _closing(opened: str, fence: str) -> re.Pattern[str]:
    """What ends a hidden part, or code, that begins so."""
    if fence:
        return re.compile(rf"^[ \t>]*{re.escape(fence)}+[ \t]*$", re.MULTILINE)
    if block := _BLOCK.match(opened):
        return re.compile(f"</{re.escape(block[1])}>", re.IGNORECASE)
    return re.compile(_CLOSING.get(opened) or rf"(?<!`){opened}(?!`)")
