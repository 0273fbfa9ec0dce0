"""Bodies into a sealed chunk and out again: heading, zstd against the chunk before, AES-256-GCM.

What the seal vouches for beside the bytes: whose they are, what was decided of them, when, and which chunk it is.
A row that says anything else opens nothing.
"""

from __future__ import annotations

import hashlib
import struct
import threading
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import structs

from carnet.errors import DamagedError
from carnet.model.record import UID_BYTES, Form, record_id
from carnet.records.retention import expiry
from carnet.records.splicing import joined, read, rest, runs, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.record import Chunk, Lane, Session

LEVEL = 1
"""Almost as small as 3 on conversations (85 to 90 times against the chunk before), in half the time."""
_LARGEST_WINDOW = 27
_SHORT_PREFIX = 1 << 16
"""Longer ones need a larger table than the level's own: of a prefix zstd takes in the last eight times its table."""
_HEAD, _ONE = struct.Struct(">12sI"), struct.Struct(">12sII")
NONCE = 12
_WORDS = msgspec.json.Encoder()
_SPLICED = b"runs"
"""Begins what is not a frame of zstd's, which has a magic number of its own."""
_TINY = 64
"""Bytes that zstd is not asked to make smaller: as a frame they take less room as they are."""
_RAW_FRAME = struct.Struct("<4sBBHB")
"""Begins a frame of so few bytes as they are (RFC 8878, 3.1): magic, one segment, its size; the last block, raw."""
_MOSTLY = 4 / 3
"""The text is at most so many times as long as its runs, else zstd looks for more of them."""


class Body(NamedTuple):
    """One record's body, as it was put."""

    id: bytes
    data: bytes
    form: Form


def plain(uid: bytes, bodies: Sequence[bytes], forms: Sequence[Form]) -> bytes:
    """Bodies one after the other, behind a heading that names each: a row that points elsewhere is found out."""
    many = len(bodies)
    if many == 1:
        return b"%b%c%b" % (_ONE.pack(uid, 1, len(bodies[0])), forms[0], bodies[0])
    sizes = struct.pack(f">{many}I", *map(len, bodies))
    return b"".join([_HEAD.pack(uid, many), sizes, bytes(forms), *bodies])


def heading(records: int) -> int:
    """Bytes before the first body: the chunk's uid, how many there are, four bytes of size and one of form for each."""
    return _HEAD.size + 5 * records


def body_of(text: bytes, record: bytes, start: int, size: int) -> Body:
    """One body of a chunk's plain bytes. Raises DamagedError where the heading knows no such record there."""
    uid, count = _HEAD.unpack_from(text)
    place = int.from_bytes(record[UID_BYTES:], "big")
    if place < count and record == record_id(uid, place):
        sizes = struct.unpack_from(f">{place + 1}I", text, _HEAD.size)
        if (sum(sizes[:place]), sizes[place]) == (start, size):
            first = heading(count) + start
            return Body(record, text[first : first + size], Form(text[_HEAD.size + 4 * count + place]))
    raise DamagedError(f"record {record.hex()}: its row points to bytes that are not its own")


def listed(text: bytes) -> list[tuple[bytes, int, int]]:
    """(id, start, size) of every body, as the heading has them."""
    uid, count = _HEAD.unpack_from(text)
    sizes = struct.unpack_from(f">{count}I", text, _HEAD.size)
    starts = accumulate(sizes, initial=0)
    return [
        (record_id(uid, place), start, size) for place, (start, size) in enumerate(zip(starts, sizes, strict=False))
    ]


def compressed(text: bytes, base: bytes, first: int = 0) -> bytes:
    """Smaller, by what the chunk before has already from `first` on: agents send the whole conversation again.

    Where long runs of it make up most of the text, as places in it and zstd of the rest; else zstd with it as prefix.
    """
    found = runs(text, base, first) if base else []
    if not found or _MOSTLY * sum([run.length for run in found]) < len(text):
        return squeezed(text, base)
    return _SPLICED + written(found) + squeezed(rest(text, found), b"")


def squeezed(text: bytes, base: bytes) -> bytes:
    """The same by zstd alone: of several small bodies it finds more than a look for long runs, and sooner."""
    if not base:
        return _COMPRESSORS.of(len(text)).compress(text) if len(text) > _TINY else _raw(text)
    parameters = _parameters(len(text).bit_length(), len(base).bit_length())
    return zstandard.ZstdCompressor(dict_data=_prefix(base), compression_params=parameters).compress(text)


def _raw(text: bytes) -> bytes:
    size = len(text)
    return _RAW_FRAME.pack(b"\x28\xb5\x2f\xfd", 0x20, size, size << 3 | 1, 0) + text


@lru_cache(1024)
def _parameters(text: int, base: int) -> zstandard.ZstdCompressionParameters:
    """For lengths of so many bits."""
    size, before = 1 << text, 1 << base
    window = min(_LARGEST_WINDOW, max(zstandard.WINDOWLOG_MIN, (size + before - 1).bit_length()))
    table = {"hash_log": base - 3} if before > _SHORT_PREFIX else {}
    return zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=size, dict_size=before, window_log=window, write_content_size=1, **table
    )


class _Compressors(threading.local):
    """This thread's own, by the power of two that texts do not exceed: making one takes as long as compressing a few
    kilobytes.
    """

    def __init__(self) -> None:
        self._made: dict[int, zstandard.ZstdCompressor] = {}

    def of(self, size: int) -> zstandard.ZstdCompressor:
        bits = _CLASS[(size - 1).bit_length()] if size <= _LARGEST_CLASS else size.bit_length()
        found = self._made.get(bits)
        if found is None:
            window = min(_LARGEST_WINDOW, bits)
            parameters = zstandard.ZstdCompressionParameters.from_level(LEVEL, source_size=1 << bits, window_log=window)
            found = self._made[bits] = zstandard.ZstdCompressor(compression_params=parameters)
        return found


_CLASSES = (10, 12, 14, 17, 18, 20)
"""Beyond the last each power of two has its own: chunks of several megabytes are rare."""
_LARGEST_CLASS = 1 << _CLASSES[-1]
_CLASS = [next(bits for bits in _CLASSES if power <= bits) for power in range(_CLASSES[-1] + 1)]
_COMPRESSORS = _Compressors()


def expanded(data: bytes, base: bytes, size: int) -> bytes:
    """The text again. Raises ValueError or ZstdError for bytes that are not of it."""
    if not data.startswith(_SPLICED):
        return _unsqueezed(data, base, size)
    found, end = read(data[len(_SPLICED) :])
    return joined(found, _unsqueezed(data[len(_SPLICED) + end :], b"", size), base)


def _unsqueezed(data: bytes, base: bytes, size: int) -> bytes:
    reader = zstandard.ZstdDecompressor(dict_data=_prefix(base), max_window_size=1 << _LARGEST_WINDOW)
    return reader.decompress(data, max_output_size=size)


def vouched(uid: bytes, session: Session, lane: Lane, created: datetime, base: bytes) -> bytes:
    """What the seal vouches for beside the bytes; `base` is the chunk they were compressed against.

    As JSON, in which no part of one word can be taken for one of the next.
    """
    words = (
        "carnet chunk 3",
        uid,
        base,
        session.organisation,
        session.account,
        session.name,
        session.repository,
        created,
        _decided(lane),
    )
    return _WORDS.encode(words)


@lru_cache(4096)
def _decided(lane: Lane) -> str:
    """A digest of a whole decision: there are few of them, and chunks without number."""
    return hashlib.sha256(_WORDS.encode(structs.astuple(lane))).hexdigest()


def seal(key: AESGCM, nonce: bytes, data: bytes, about: bytes) -> bytes:
    return nonce + key.encrypt(nonce, data, about)


def opened(key: bytes, chunk: Chunk, data: bytes, base: bytes) -> bytes:
    """A chunk's plain bytes. Raises DamagedError for bytes or a row that the seal does not vouch for."""
    packed = unsealed(key, chunk, data)
    try:
        return expanded(packed, base, heading(chunk.count) + chunk.size)
    except (ValueError, zstandard.ZstdError):
        raise _another(chunk) from None


def unsealed(key: bytes, chunk: Chunk, data: bytes) -> bytes:
    """A chunk's bytes without their seal, compressed as they are. Raises DamagedError as `opened` does."""
    if len(data) != chunk.length or hashlib.sha256(data).digest() != chunk.digest:
        raise DamagedError(
            f"chunk {chunk.uid.hex()}: its bytes are not the ones that were written; "
            "restore them, or delete the session"
        )
    about = vouched(chunk.uid, chunk.key.session, chunk.lane, chunk.created, chunk.base)
    try:
        packed = AESGCM(key).decrypt(data[:NONCE], data[NONCE:], about)
    except (InvalidTag, ValueError):  # ValueError: too short to have a nonce
        raise _another(chunk) from None
    if chunk.expires > expiry(chunk.lane.retention, chunk.created):
        raise _another(chunk)  # its end follows from what is sealed, or was brought nearer
    return packed


def _another(chunk: Chunk) -> DamagedError:
    return DamagedError(
        f"chunk {chunk.uid.hex()}: its row or its key is not the one it was sealed with; nothing of it is shown"
    )


def _prefix(base: bytes) -> zstandard.ZstdCompressionDict | None:
    if not base:
        return None
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
