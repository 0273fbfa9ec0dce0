"""Where one sentence ends and the next begins."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？][」』”）]*\s*")
_WORD_BEFORE = re.compile(r"(?:^|[\s(\[\"“'])([^\s(\[\"“']{1,12})$")
_NO_END = frozenset({"e.g", "i.e", "eg", "ie", "cf", "vs", "viz", "approx", "mr", "mrs", "ms", "dr", "prof", "st"})
_NO_END_BEFORE_NUMBER = frozenset({"no", "nos", "fig", "figs", "sec", "art", "par", "p", "pp", "vol", "ch", "eq"})
_OPENERS = frozenset("\"'“‘«([{/~$<>#@+-*|`\0&%=_.✓✗✅❌⚠")


def split_sentences(text: str) -> list[str]:
    """Split one paragraph (white space collapsed). Joined with blanks the parts give the paragraph."""
    parts: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if end.end() < len(text) and _ends(text, end):
            parts.append(text[start : end.end()].strip())
            start = end.end()
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts


def _ends(text: str, end: re.Match[str]) -> bool:
    sign = end[0][0]
    if sign in "。！？":
        return True
    after = text[end.end()]
    if not (after in _OPENERS or after.isupper() or after.isdigit() or not after.isascii()):
        return False
    return sign != "." or not _is_abbreviation(text, end.start(), after)


def _is_abbreviation(text: str, dot: int, after: str) -> bool:
    found = _WORD_BEFORE.search(text[max(0, dot - 14) : dot])
    if not found:
        return False
    word = found[1]
    initials = len(word) == 1 and word.isupper() and text[max(0, dot - 3) : dot - 1].endswith(". ")
    return (
        word.lower() in _NO_END
        or (after.isdigit() and word.lower() in _NO_END_BEFORE_NUMBER)
        or initials
        or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", word) is not None
    )
