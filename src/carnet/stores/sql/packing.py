"""How one body is made small: zstd, with the document's previous body as its prefix.

Figures for this choice: bench/store_size.py. A chain is cut by depth and by the bytes a read must decode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable

KEYFRAME_EVERY = 128
REACH = 48 << 20
"""Most bytes to decode for one read, about; a chain of large texts gets its keyframes earlier."""
_KEYFRAME_LEVEL, _STEP_LEVEL = 12, 8
_LARGEST_WINDOW = 27


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain of bodies stands: its last body."""

    id: int
    depth: int
    text: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Packed:
    """A body ready to be written."""

    base: int | None
    depth: int
    data: bytes


def pack(last: Link | None, text: bytes) -> Packed:
    """Compress a body after the last one of its chain, or as a keyframe."""
    if last is None or last.depth + 1 >= KEYFRAME_EVERY or last.depth * len(text) > REACH:
        return Packed(None, 0, _compressed(text, b"", _KEYFRAME_LEVEL))
    return Packed(last.id, last.depth + 1, _compressed(text, last.text(), _STEP_LEVEL))


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
