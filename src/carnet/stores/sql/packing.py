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
"""Most bytes to decode for one read; a chain of large texts gets its keyframes earlier."""
_KEYFRAME_LEVEL, _STEP_LEVEL = 12, 6


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain of bodies stands: its last body."""

    id: int
    depth: int
    reach: int
    text: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Packed:
    """A body ready to be written."""

    base: int | None
    depth: int
    reach: int
    data: bytes


def pack(last: Link | None, text: bytes) -> Packed:
    """Compress a body after the last one of its chain, or as a keyframe."""
    if last is None or last.depth + 1 >= KEYFRAME_EVERY or last.reach + len(text) > REACH:
        return Packed(None, 0, len(text), zstandard.ZstdCompressor(level=_KEYFRAME_LEVEL).compress(text))
    data = _compressor(last.text(), len(text)).compress(text)
    return Packed(last.id, last.depth + 1, last.reach + len(text), data)


def unpack(data: bytes, size: int, base: bytes | None) -> bytes:
    """Undo `pack`. Raises zstandard.ZstdError for bytes that are not what was written."""
    prefix = _prefix(base) if base else None
    return zstandard.ZstdDecompressor(dict_data=prefix, max_window_size=1 << 31).decompress(data, max_output_size=size)


def _compressor(base: bytes, size: int) -> zstandard.ZstdCompressor:
    if not base:
        return zstandard.ZstdCompressor(level=_STEP_LEVEL)
    reach = max(10, (len(base) + size).bit_length())
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _STEP_LEVEL, source_size=size, dict_size=len(base), window_log=min(reach, 27)
    )
    return zstandard.ZstdCompressor(dict_data=_prefix(base), compression_params=parameters)


def _prefix(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
