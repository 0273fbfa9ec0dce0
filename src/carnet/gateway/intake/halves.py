r"""JSON in which a character is cut in two.

Clients that cut texts by UTF-16 units leave half a character at the end, and write it as `\ud83d`. That is no text, yet
the rest of the report is one: a half is read as U+FFFD.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")
_HALF = re.compile(
    rb"(?<!\\)((?:\\\\)*)\\u[dD](?:[89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|([89a-fA-F][0-9a-fA-F]{2}))"
)
"""Halves that are one character together, or one alone, which is the second group."""


def decoded_whole(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """What a decoder makes of JSON. Raises as it does where more than halves is wrong with it."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = _HALF.sub(_whole, data)
        if mended == data:
            raise
        return decoder.decode(mended)


def _whole(found: re.Match[bytes]) -> bytes:
    return found[0] if found[2] is None else found[1] + rb"\ufffd"
