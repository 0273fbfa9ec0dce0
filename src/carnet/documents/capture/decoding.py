"""Undoing a response's compression, piece by piece, with a bound on what comes out."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = "gzip, deflate, br, zstd"

_SLICE = 256
"""Bytes given to zstd at once: it knows no bound on its output, but a block of 4 bytes makes 128 KB at most."""


class Stage(Protocol):
    """One layer of compression being undone."""

    def feed(self, data: bytes, room: int) -> bytes:
        """Bytes that came out, at most a little more than `room`."""

    def finish(self) -> None:
        """Raise FetchError when the layer ended too early."""


class Body:
    """A body that is arriving: decompressed as it comes, refused once it is too large."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if len(names) > 2 or any(name not in STAGES for name in names):
            raise FetchError(f"the answer is compressed in a way Carnet does not know: {encoding[:80]!r}", "encoding")
        self._stages = [STAGES[name]() for name in reversed(names)]
        self._max = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take bytes as they came. Raises FetchError when they cannot be decompressed or make too much."""
        for stage in self._stages:
            data = stage.feed(data, self._max - self._size + 1)
            if len(data) > self._max:
                raise too_large(self._max)
        self._size += len(data)
        if self._size > self._max:
            raise too_large(self._max)
        self._parts.append(data)

    def whole(self) -> bytes:
        """All of it. Raises FetchError when a compressed body ended too early."""
        for stage in self._stages:
            stage.finish()
        return b"".join(self._parts)


def too_large(max_bytes: int) -> FetchError:
    return FetchError(f"larger than {max_bytes:,} bytes after decompression (watch.max-bytes)", "too-large")


class Zlib:
    """gzip and deflate, raw deflate included, as servers send it."""

    def __init__(self) -> None:
        self._flow = zlib.decompressobj(wbits=47)
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        try:
            return self._feed(data, room)
        except zlib.error as error:
            raise broken(error) from error

    def _feed(self, data: bytes, room: int) -> bytes:
        try:
            made = self._flow.decompress(data, room)
        except zlib.error:
            if self._begun:
                raise
            self._flow = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
            made = self._flow.decompress(data, room)
        self._begun = self._begun or bool(data)
        # What follows the end is another member of a gzip file.
        while self._flow.eof and self._flow.unused_data and len(made) < room:
            rest, self._flow = self._flow.unused_data, zlib.decompressobj(wbits=31)
            made += self._flow.decompress(rest, room - len(made))
        return made

    def finish(self) -> None:
        if self._begun and not self._flow.eof:
            raise FetchError("the compressed answer ended too early", "truncated")


class Brotli:
    """Brotli, its output taken in bounded pieces."""

    """Brotli (`br`) being undone."""

    def __init__(self) -> None:
        import brotli  # noqa: PLC0415 - few servers choose it

        self._flow = brotli.Decompressor()
        self._fault = brotli.error
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        try:
            made: bytes = self._flow.process(data, output_buffer_limit=room)
            # A bounded call may hold back output: ask on until it wants input, or there is too much.
            while len(made) < room and not self._flow.can_accept_more_data():
                made += self._flow.process(b"", output_buffer_limit=room - len(made))
        except self._fault as error:
            raise broken(error) from error
        self._begun = self._begun or bool(data)
        return made

    def finish(self) -> None:
        if self._begun and not self._flow.is_finished():
            raise FetchError("the compressed answer ended too early", "truncated")


class Zstandard:
    """Zstandard, its input given in small pieces."""

    """Zstandard (`zstd`) being undone."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - few servers choose it

        self._flow = zstandard.ZstdDecompressor(max_window_size=8 << 20).decompressobj()
        self._fault = zstandard.ZstdError
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._begun = self._begun or bool(data)
        made: list[bytes] = []
        size = 0
        for start in range(0, len(data), _SLICE):
            if self._flow.eof or size >= room:
                break
            try:
                made.append(self._flow.decompress(data[start : start + _SLICE]))
            except self._fault as error:
                raise broken(error) from error
            size += len(made[-1])
        return b"".join(made)

    def finish(self) -> None:
        if self._begun and not self._flow.eof:
            raise FetchError("the compressed answer ended too early", "truncated")


def broken(error: Exception) -> FetchError:
    return FetchError(f"the compressed answer is damaged: {error}", "encoding")


STAGES: dict[str, Callable[[], Stage]] = {
    "gzip": Zlib,
    "x-gzip": Zlib,
    "deflate": Zlib,
    "br": Brotli,
    "zstd": Zstandard,
}
