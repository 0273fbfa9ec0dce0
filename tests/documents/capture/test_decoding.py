"""Compression is undone within bounds."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.capture.decoding import Body
from carnet.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=1)),  # type: ignore[no-untyped-call]
    "zstd": zstandard.compress,
    "": bytes,
}


def unpacked(encoding: str, data: bytes, most: int = 1_000_000, piece: int = 1_000) -> bytes:
    body = Body(encoding, most)
    for start in range(0, len(data), piece):
        body.add(data[start : start + piece])
    return body.whole()


@given(st.binary(max_size=5_000), st.sampled_from(sorted(WAYS)), st.integers(1, 700))
def test_every_compression_gives_the_bytes_back_whatever_the_pieces(data: bytes, way: str, piece: int) -> None:
    assert unpacked(way, WAYS[way](data), piece=piece) == data


def test_raw_deflate_is_understood() -> None:
    flow = zlib.compressobj(wbits=-15)
    assert unpacked("deflate", flow.compress(b"text " * 99) + flow.flush()) == b"text " * 99


def test_two_members_of_a_gzip_file_are_one_text() -> None:
    assert unpacked("gzip", gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"


def test_two_layers_are_undone_in_turn() -> None:
    assert unpacked("gzip, br", WAYS["br"](gzip.compress(b"text"))) == b"text"


@pytest.mark.parametrize("way", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused_long_before_it_has_unfolded(way: str) -> None:
    bomb = WAYS[way](b"\0" * 50_000_000)
    body = Body(way, 1_000_000)
    with pytest.raises(FetchError, match="1,000,000 bytes after decompression") as caught:
        body.add(bomb)
    assert caught.value.reason == "too-large"
    assert body._size < 5_000_000


def test_a_bomb_within_a_bomb_is_refused() -> None:
    with pytest.raises(FetchError, match="after decompression"):
        Body("gzip, gzip", 100_000).add(gzip.compress(gzip.compress(b"\0" * 50_000_000)))


@pytest.mark.parametrize("way", ["gzip", "deflate", "br", "zstd"])
def test_damaged_and_shortened_bodies_are_faults(way: str) -> None:
    data = WAYS[way](bytes(range(256)) * 40)
    with pytest.raises(FetchError, match="ended too early"):
        unpacked(way, data[:-5])
    with pytest.raises(FetchError):
        unpacked(way, b"\xff\xfe\xfd" + data)


def test_what_is_exactly_as_large_as_allowed_is_taken() -> None:
    assert unpacked("gzip", gzip.compress(b"x" * 1_000), most=1_000) == b"x" * 1_000
    with pytest.raises(FetchError):
        unpacked("gzip", gzip.compress(b"x" * 1_001), most=1_000)


@pytest.mark.parametrize("encoding", ["compress", "gzip, gzip, gzip", "x"])
def test_an_unknown_compression_is_named(encoding: str) -> None:
    with pytest.raises(FetchError, match="compressed in a way"):
        Body(encoding, 10)
