"""How one body is made small: zstd, with the document's previous body as its prefix.

Figures for this choice: bench/store_size.py. A chain is cut by depth and by the bytes a read must decode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEYFRAME_EVERY = 128
REACH = 48 << 20
"""Most bytes to decode for one read, about; a chain of large texts gets its keyframes earlier."""
_KEYFRAME_LEVEL, _STEP_LEVEL = 12, 7
_LARGEST_WINDOW = 27


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain of bodies stands: its last body."""

    depth: int
    text: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Packed:
    """A body ready to be written."""

    depth: int
    """Steps after the keyframe; 0 says it is one and has no base."""
    data: bytes


def pack(last: Link | None, texts: Sequence[bytes]) -> list[Packed]:
    """Compress bodies that follow each other in a chain."""
    bases, depths = _plan(last, texts)
    levels = [_STEP_LEVEL if depth else _KEYFRAME_LEVEL for depth in depths]
    return [Packed(*each) for each in zip(depths, map(_compressed, texts, bases, levels), strict=True)]


def _plan(last: Link | None, texts: Sequence[bytes]) -> tuple[list[bytes], list[int]]:
    """The base and the depth of each body."""
    bases, depths = list[bytes](), list[int]()
    depth = last.depth if last else KEYFRAME_EVERY
    for place, text in enumerate(texts):
        keyframe = depth + 1 >= KEYFRAME_EVERY or depth * len(text) > REACH
        depth = 0 if keyframe else depth + 1
        depths.append(depth)
        bases.append(b"" if keyframe else texts[place - 1] if place or last is None else last.text())
    return bases, depths


def unpack(data: bytes, size: int, base: bytes) -> bytes:
    """Undo `pack`. Raises zstandard.ZstdError for bytes that are not what was written."""
    if not size:
        return b""
    reader = zstandard.ZstdDecompressor(
        dict_data=_prefix(base), max_window_size=1 << 31, format=zstandard.FORMAT_ZSTD1_MAGICLESS
    )
    return reader.decompress(data, max_output_size=size)


def _compressed(text: bytes, base: bytes, level: int) -> bytes:
    # Magic number, length and checksum stand in the row (or are known): most steps are a few hundred bytes.
    window = min(_LARGEST_WINDOW, max(zstandard.WINDOWLOG_MIN, (len(base) + len(text)).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(text),
        dict_size=len(base),
        window_log=window,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        write_content_size=0,
    )
    return zstandard.ZstdCompressor(dict_data=_prefix(base), compression_params=parameters).compress(text)


def _prefix(base: bytes) -> zstandard.ZstdCompressionDict | None:
    if not base:
        return None
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
