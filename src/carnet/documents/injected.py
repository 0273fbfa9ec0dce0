"""Instructions addressed to a reader's agent: found, flagged, kept out of sentences, never followed."""

from __future__ import annotations

import re

_TAG = r"agent[-_]?instructions?|(?:ai|llm|assistant|model)[-_]?instructions?"
_BLOCK = re.compile(rf"<({_TAG})\b[^<>]*>", re.IGNORECASE)
_TOKEN = re.compile(rf"^[ \t>]*(`{{3,}}|~{{3,}})|`+|<!--|\{{/\*|<(?:{_TAG})\b[^<>]*>", re.IGNORECASE | re.MULTILINE)
_HINT = re.compile(rf"<!--|\{{/\*|<(?:{_TAG})\b", re.IGNORECASE)
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
    re.compile(
        r"\b(?:ignore|disregard|forget) (?:all |any |your |the )*(?:previous|prior|earlier|above) "
        r"(?:instructions|prompts)",
        re.IGNORECASE,
    ),
    re.compile(r"\bthese instructions (?:should|must|are to) be (?:included|kept|repeated|preserved)\b", re.IGNORECASE),
    re.compile(
        rf"\b(?:if you are|if you're|note to|attention|dear) {_READER}\b[^.\n]{{0,200}}"
        r"\b(?:post|curl|submit|send|ignore|include|must)\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\W{{0,8}}{_READER}\b[^.\n]{{0,40}}\b(?:must|should|please)\b[^.\n]{{0,80}}\b(?:post|curl|submit)\b"
        r"[^\n]{0,200}https?://",
        re.IGNORECASE | re.MULTILINE,
    ),
)
"""Orders in plain sight, narrow enough that pages *about* agents do not match."""


def carries_instructions(text: bytes) -> bool:
    """True when a text holds a block, a hidden comment or a sentence that gives a reader's agent orders."""
    shown = text.decode("utf-8", "replace")
    return any(_gives_orders(part) for part in _hidden_parts(shown)) or any(spoken.search(shown) for spoken in _SPOKEN)


def without_hidden(text: str) -> str:
    """Text without comments and agent-instruction blocks, line numbers kept; code is left alone.

    An order in plain sight stays: a rule that could make visible sentences vanish would itself be worth attacking.
    """
    if "<" not in text and "{/*" not in text:
        return text
    parts: list[str] = []
    at = 0
    for start, end in _hidden(text):
        parts += (text[at:start], "\n" * text.count("\n", start, end))
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def _hidden_parts(text: str) -> list[str]:
    return [text[start:end] for start, end in _hidden(text)]


def _gives_orders(part: str) -> bool:
    return _BLOCK.match(part) is not None or (_ADDRESS.search(part) is not None and _ORDER.search(part) is not None)


def _hidden(text: str) -> list[tuple[int, int]]:
    """Where comments and instruction blocks stand outside code; one that is never closed hides nothing."""
    if not _HINT.search(text):
        return []
    found: list[tuple[int, int]] = []
    at = 0
    unclosed: set[str] = set()  # looked for once: a page of openings must not cost the square of its length
    while token := _TOKEN.search(text, at):
        at = token.end()
        closing = _closing(token)
        end = None if closing in unclosed else re.compile(closing, re.IGNORECASE | re.MULTILINE).search(text, at)
        if end is None:
            unclosed.add(closing)
        elif token[0].lstrip(" \t>")[0] not in "`~":
            at = end.end()
            found.append((token.start(), at))
        elif token[1] or text.find("\n\n", at, end.start()) < 0:  # inline code ends with its paragraph
            at = end.end()
    return found


def _closing(token: re.Match[str]) -> str:
    opened = token[0]
    if block := _BLOCK.match(opened):
        return f"</{re.escape(block[1])}>"
    if token[1]:
        return rf"^[ \t>]*{re.escape(token[1])}+[ \t]*$"
    return _CLOSING.get(opened) or rf"(?<!`){opened}(?!`)"
