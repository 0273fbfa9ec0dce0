"""Writes the table of look-alike characters anew, from an installed ICU (run by hand when Unicode moves on).

Kept are the letters, marks and digits that a host name may hold after IDNA mapping; the data is Unicode's.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import sys
import unicodedata
from pathlib import Path

import idna.core
import idna.idnadata

OUT = Path(__file__).parent.parent / "src/carnet/gateway/domains/data/confusables.txt"
HEAD = """\
# Look-alikes of characters in host names: code point; what stands for it in a skeleton (UTS 39, section 4).
# Copyright (c) 1991-2022 Unicode, Inc. Taken from the Unicode security data in ICU {icu}; see UNICODE-LICENSE.txt.
# Written by scripts/confusables.py.
"""
_ROOM = 128


def main() -> int:
    found = ctypes.util.find_library("icui18n")
    if found is None:
        print("no ICU (libicui18n) is installed here", file=sys.stderr)
        return 3
    number = found.rpartition(".")[2]
    skeleton = opened(ctypes.CDLL(found), number)
    rows = [(point, skeleton(chr(point))) for point in range(0x110000) if wanted(point)]
    kept = [(point, text) for point, text in rows if text != chr(point)]
    lines = [f"{point:X};{' '.join(f'{ord(one):X}' for one in text)}\n" for point, text in kept]
    OUT.write_text(HEAD.format(icu=number) + "".join(lines), "ascii")
    print(f"{len(kept)} characters written")
    return 0


def wanted(point: int) -> bool:
    """Whether a host name can hold the character, by itself and undivided."""
    text = chr(point)
    if text.isascii():
        return bool(re.fullmatch(r"[a-z0-9-]", text))
    if 0xD800 <= point < 0xE000 or unicodedata.normalize("NFD", text) != text:
        return False
    classes = idna.idnadata.codepoint_classes
    return any(idna.core.intranges_contain(point, classes[name]) for name in ("PVALID", "CONTEXTO", "CONTEXTJ"))


def opened(icu, number):  # noqa: ANN001, ANN201 - ctypes
    """ICU's own skeleton of a text."""
    status = ctypes.c_int(0)
    make, ask = getattr(icu, f"uspoof_open_{number}"), getattr(icu, f"uspoof_getSkeleton_{number}")
    make.restype = ctypes.c_void_p
    checker = ctypes.c_void_p(make(ctypes.byref(status)))

    def skeleton(text: str) -> str:
        given, room = text.encode("utf-16-le"), (ctypes.c_uint16 * _ROOM)()
        size = ask(checker, 0, given, len(given) // 2, room, _ROOM, ctypes.byref(status))
        if status.value > 0:
            raise SystemExit(f"ICU: error {status.value} for U+{ord(text[0]):04X}")
        return bytes(room)[: size * 2].decode("utf-16-le")

    return skeleton


if __name__ == "__main__":
    sys.exit(main())
