"""Bodies in every coding: as they were, or refused before they fill the memory."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard

from carnet.gateway.intake.bodies import decoded
from carnet.gateway.intake.contract import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"some words of a report " * 500
MOST = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def streamed_zstd(data: bytes) -> bytes:
    """Without the length in the frame's head."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return packer.compress(data) + packer.flush()


CODED: dict[str, Callable[[bytes], bytes]] = {
    "identity": lambda data: data,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "zstd streamed": streamed_zstd,
}


def coding(name: str) -> str:
    return {"raw deflate": "deflate", "zstd streamed": "zstd"}.get(name, name)


@pytest.mark.parametrize("name", CODED)
def test_a_body_comes_out_as_it_went_in(name: str) -> None:
    assert decoded(CODED[name](TEXT), coding(name), MOST) == TEXT
    assert decoded(CODED[name](b""), coding(name), MOST) == b""


@pytest.mark.parametrize("name", CODED)
def test_a_body_may_be_as_long_as_the_bound_and_no_longer(name: str) -> None:
    assert decoded(CODED[name](bytes(MOST)), coding(name), MOST) == bytes(MOST)
    with pytest.raises(RefusedError) as refused:
        decoded(CODED[name](bytes(MOST + 1)), coding(name), MOST)
    assert refused.value.status == 413


@pytest.mark.parametrize("name", [name for name in CODED if name != "identity"])
def test_a_bomb_is_refused(name: str) -> None:
    bomb = CODED[name](bytes(20 * MOST))
    assert len(bomb) < MOST
    with pytest.raises(RefusedError) as refused:
        decoded(bomb, coding(name), MOST)
    assert refused.value.status == 413


@pytest.mark.parametrize("name", [name for name in CODED if name != "identity"])
def test_a_body_that_was_cut_off_is_refused(name: str) -> None:
    whole = CODED[name](TEXT)
    for length in (1, 5, len(whole) // 2, len(whole) - 1):
        with pytest.raises(RefusedError) as refused:
            decoded(whole[:length], coding(name), MOST)
        assert refused.value.status == 400


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_in_its_coding_is_refused(name: str) -> None:
    for body in (b"{}", b"\x00" * 40, CODED[name](TEXT) + b"and more"):
        with pytest.raises(RefusedError):
            decoded(body, name, MOST)


def test_members_of_gzip_and_frames_of_zstd_are_read_one_behind_another() -> None:
    assert decoded(gzip.compress(b"a") + gzip.compress(b"b"), "GZIP", MOST) == b"ab"
    assert decoded(zstandard.compress(b"a") + streamed_zstd(b"b"), "zstd", MOST) == b"ab"


def test_thousands_of_members_are_no_body() -> None:
    with pytest.raises(RefusedError):
        decoded(gzip.compress(b"") * 5000, "gzip", MOST)


def test_a_frame_that_claims_to_be_huge_makes_no_room() -> None:
    frame = bytearray(zstandard.ZstdCompressor().compress(bytes(70_000)))
    at = frame.index((70_000).to_bytes(4, "little"))
    frame[at : at + 4] = (1 << 31).to_bytes(4, "little")
    with pytest.raises(RefusedError):
        decoded(bytes(frame), "zstd", MOST)


@pytest.mark.parametrize("name", ["compress", "gzip, gzip", "gzip,br", "snappy"])
def test_another_coding_is_refused_by_its_status(name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        decoded(b"x", name, MOST)
    assert refused.value.status == 415
