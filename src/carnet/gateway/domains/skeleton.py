"""What a name looks like: two names that people confuse have one skeleton (UTS 39, section 4)."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "confusables.txt"


def skeleton(text: str) -> str:
    """The skeleton of a name in lower case; that of two labels with a dot between is the two skeletons with one."""
    if text.isascii():
        return ascii_skeleton(text)
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).translate(table()))


def ascii_skeleton(text: str) -> str:
    """The same for ASCII, where only these three characters look like others."""
    return text.replace("m", "rn").replace("0", "O").replace("1", "l")


def ascii_skeleton_bytes(text: bytes) -> bytes:
    return text.replace(b"m", b"rn").replace(b"0", b"O").replace(b"1", b"l")


@cache
def table() -> dict[int, str]:
    """Code point -> what stands for it."""
    rows = (line.split(";") for line in FILE.read_text("ascii").splitlines() if not line.startswith("#"))
    return {int(point, 16): "".join(chr(int(one, 16)) for one in text.split()) for point, text in rows}
