"""The canonical form of a sentence: what a fingerprint is taken of."""

from __future__ import annotations

import hashlib
import unicodedata

_FOLD = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ＇", "'"),
        **dict.fromkeys("“”„‟″«»＂", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
        "…": "...",
    }
)


def canonical(sentence: str) -> str:
    """NFC, typographic quotes and dashes folded, white space collapsed; case and digits kept."""
    text = sentence if sentence.isascii() else unicodedata.normalize("NFC", sentence).translate(_FOLD)
    folded = " ".join(text.split())
    return sentence if folded == sentence else folded  # one string rather than two equal ones


def fingerprint(text: str) -> str:
    """`s1:` and 16 hex digits for a sentence as a reader sees it: a `Sentence.text`, or `plain(markdown)`."""
    return f"s1:{hashlib.sha256(canonical(text).encode('utf-8', 'replace')).hexdigest()[:16]}"
