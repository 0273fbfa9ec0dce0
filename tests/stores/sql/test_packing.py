from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.stores.sql import packing
from carnet.stores.sql.packing import KEYFRAME_EVERY, Link, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence


def unpacked(packed: Sequence[packing.Packed], texts: Sequence[bytes], before: bytes = b"") -> list[bytes]:
    bases = [before, *texts][: len(texts)]
    return [
        unpack(each.data, len(text), base if each.depth else b"")
        for each, text, base in zip(packed, texts, bases, strict=True)
    ]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=6), st.binary(max_size=300))
def test_any_bytes_come_back(texts: list[bytes], before: bytes) -> None:
    assert unpacked(pack(None, texts), texts) == texts
    assert unpacked(pack(Link(3, lambda: before), texts), texts, before) == texts


def test_a_small_edit_of_a_large_text_is_a_small_step() -> None:
    text = random.Random(1).randbytes(2_000_000)
    edited = text[:900_000] + b"edited" + text[900_000:]
    _, step = pack(None, [text, edited])
    assert len(step.data) < 500


def test_a_chain_has_a_keyframe_every_so_often() -> None:
    depths = [each.depth for each in pack(None, [b"%d" % n for n in range(2 * KEYFRAME_EVERY + 3)])]
    assert depths[:2] == [0, 1]
    assert max(depths) == KEYFRAME_EVERY - 1
    assert all(after in {before + 1, 0} for before, after in pairwise(depths))
    assert depths.count(0) == 3


def test_a_chain_goes_on_where_it_stands() -> None:
    assert [each.depth for each in pack(Link(KEYFRAME_EVERY - 2, lambda: b"base"), [b"a", b"b"])] == [127, 0]


def test_a_chain_of_large_texts_has_its_keyframes_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "REACH", 10_000)
    assert [each.depth for each in pack(None, [b"x" * 4000] * 8)] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_bytes_that_are_not_what_was_written_are_refused() -> None:
    with pytest.raises(zstandard.ZstdError):
        unpack(b"\x00\xff" * 9, 100, b"")
