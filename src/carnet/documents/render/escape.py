"""The one place where untrusted text becomes markup: everything a document says passes here."""

from __future__ import annotations

import html
import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]",
)
"""Controls, direction overrides, invisible and tag characters: what a reader cannot see must not act, nor hide."""

_MARKUP = re.compile("[&<>\"']")
_SAFE_LINK = re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s@]+@)", re.IGNORECASE)
_LONGEST_LINK = 2_000


def escape(text: str) -> str:
    """Text as HTML text or attribute value; invisible characters become visible words."""
    escaped = html.escape(text) if _MARKUP.search(text) else text
    return _UNSEEN.sub(_visible, escaped) if _UNSEEN.search(escaped) else escaped


def attribute(text: str) -> str:
    """Text as a quoted attribute's value, where no element can stand."""
    return html.escape(_UNSEEN.sub(_named, text))


def safe_link(target: str) -> str | None:
    """The target when a reader may follow it (http, https, mailto), else None."""
    if len(target) > _LONGEST_LINK or _UNSEEN.search(target) or not _SAFE_LINK.match(target):
        return None
    return target


def plain(text: str) -> str:
    """Text for a terminal: no control character, escape sequence or direction override survives."""
    return _UNSEEN.sub(_named, text) if _UNSEEN.search(text) else text


def _named(found: re.Match[str]) -> str:
    return f"<U+{ord(found[0]):04X}>"


def _visible(found: re.Match[str]) -> str:
    return f'<span class="cn-unseen">U+{ord(found[0]):04X}</span>'
