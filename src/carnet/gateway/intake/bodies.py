"""Bodies: read to a bound, decompressed to a bound. What is longer is refused before it is there."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

import brotli
import zstandard

from carnet.gateway.intake.contract import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WINDOW = 8 << 20
"""Bytes a zstd frame may look back."""
MEMBERS = 64
"""Members of a gzip body."""


def decoded(raw: bytes, coding: str, most: int) -> bytes:
    """The body without its coding. Raises RefusedError for a coding we have not, a broken body, or too long a one."""
    if len(raw) > most:
        raise too_large(most)
    read = _READERS.get(coding.strip().lower())
    if read is None:
        raise RefusedError(415, "The Content-Encoding is none of gzip, deflate, br, zstd and identity, or is several.")
    try:
        found = read(raw, most)
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError):
        raise RefusedError(400, "The body is not what its Content-Encoding says, or it was cut off.") from None
    if len(found) > most:
        raise too_large(most)
    return found


def too_large(most: int) -> RefusedError:
    return RefusedError(413, f"The body is longer than {most} bytes, compressed or not.")


def _identity(raw: bytes, most: int) -> bytes:
    del most
    return raw


def _zlib(raw: bytes, most: int, bits: int) -> bytes:
    """One member or several of gzip, or one of zlib."""
    parts, size = [], 0
    for _ in range(MEMBERS):
        reader = zlib.decompressobj(bits)
        part = reader.decompress(raw, most + 1 - size)
        size += len(part)
        parts.append(part)
        if size > most:
            break
        if not reader.eof:
            raise EOFError
        raw = reader.unused_data
        if not raw:
            break
    else:
        raise EOFError
    return b"".join(parts)


def _gzip(raw: bytes, most: int) -> bytes:
    return _zlib(raw, most, 16 + zlib.MAX_WBITS)


def _deflate(raw: bytes, most: int) -> bytes:
    """With the header that RFC 9110 asks for, or without, as many clients send it."""
    try:
        return _zlib(raw, most, zlib.MAX_WBITS)
    except zlib.error:
        return _zlib(raw, most, -zlib.MAX_WBITS)


def _brotli(raw: bytes, most: int) -> bytes:
    reader = brotli.Decompressor()
    parts = [reader.process(raw, output_buffer_limit=most + 1)]
    size = len(parts[0])
    while size <= most and not reader.is_finished() and not reader.can_accept_more_data():
        parts.append(reader.process(b"", output_buffer_limit=most + 1 - size))
        size += len(parts[-1])
    if size <= most and not reader.is_finished():
        raise EOFError
    return b"".join(parts)


def _zstd(raw: bytes, most: int) -> bytes:
    """As a stream: the length that a frame claims makes no room."""
    reader = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(io.BytesIO(raw), read_across_frames=True)
    parts, size = [], 0
    while size <= most and (part := reader.read(min(1 << 16, most + 1 - size))):
        parts.append(part)
        size += len(part)
    if size <= most and not _whole_frames(raw):
        raise EOFError
    return b"".join(parts)


def _whole_frames(raw: bytes) -> bool:
    """Whether the last frame was not cut off: a stream reader does not say."""
    at, last = 0, True
    while at < len(raw):
        head = raw[at : at + _LONGEST_HEAD]
        at, last = at + zstandard.frame_header_size(head), False
        while not last and at + 3 <= len(raw):
            word = int.from_bytes(raw[at : at + 3], "little")
            last = bool(word & 1)
            at += 3 + (1 if word >> 1 & 3 == _REPEATED else word >> 3)
        if not last:
            return False
        at += 4 if zstandard.get_frame_parameters(head).has_checksum else 0
    return last and at == len(raw)


_LONGEST_HEAD, _REPEATED = 18, 1
"""Of a zstd frame (RFC 8878): its head, and the type of a block that is one byte and a number."""
_READERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "": _identity, "identity": _identity, "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli,
    "zstd": _zstd,
}  # fmt: skip
