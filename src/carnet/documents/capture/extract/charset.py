"""Bytes of a web page to characters, as browsers do it."""

from __future__ import annotations

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
# What pages call Latin-1 or ASCII has meant Windows-1252 for as long as there are browsers.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}


def decoded(body: bytes, charset: str) -> str:
    """The page as text: byte order mark, then Content-Type, then the page's own word, then what fits."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    own = _META.search(body[:2048])
    named = _known(charset) or (_known(own[1].decode("ascii")) if own else None)
    if named is None or (named.startswith("utf-16") and not charset):
        named = "utf-8"
    if named == "utf-8":
        return _utf8(body, trusted=bool(_known(charset) or own))
    try:
        return body.decode(named, "replace")
    except ValueError:  # codecs such as idna and undefined replace nothing
        return _utf8(body, trusted=False)


def _utf8(body: bytes, *, trusted: bool) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace") if trusted else body.decode("cp1252", "replace")


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Some codecs turn bytes to bytes, or text to text: not what a page may name.
    return _MEANT.get(found.name, found.name) if getattr(found, "_is_text_encoding", True) and name else None
