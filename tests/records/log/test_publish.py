"""Publishing may end at any step: what is signed holds, and the next one completes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.records.log.checkpoint import Checkpoint
from carnet.records.log.merkle import EMPTY_ROOT
from carnet.records.log.note import sign
from carnet.records.log.publish import publish, published
from carnet.records.log.tiles import CHECKPOINT
from carnet.records.log.verify import check_log, prove
from tests.records.objects import MemoryObjects

from .logs import KEY, OTHER, SIGNER, Changed, entries, log, root

if TYPE_CHECKING:
    from collections.abc import Sequence


class KilledError(BaseException):
    """Raised where a process would have ended."""


@dataclass
class Mortal:
    """Objects whose process ends before a given write."""

    objects: MemoryObjects
    lives: int

    def put(self, name: str, data: bytes) -> None:
        self._step()
        self.objects.put(name, data)

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self._step()
            self.objects.delete([name])

    def __post_init__(self) -> None:
        self.get, self.names = self.objects.get, self.objects.names

    def _step(self) -> None:
        if not self.lives:
            raise KilledError
        self.lives -= 1


def copied(objects: MemoryObjects) -> MemoryObjects:
    copy = MemoryObjects()
    copy.held = dict(objects.held)
    return copy


def test_a_log_is_published_under_its_signature() -> None:
    objects = MemoryObjects()
    assert published(objects, SIGNER.verifier) is None
    assert publish(objects, entries, 300, SIGNER) == Checkpoint(SIGNER.name, 300, root(300))
    assert published(objects, SIGNER.verifier) == Checkpoint(SIGNER.name, 300, root(300))


def test_an_empty_log_is_published_too() -> None:
    assert publish(MemoryObjects(), entries, 0, SIGNER) == Checkpoint(SIGNER.name, 0, EMPTY_ROOT)


@pytest.mark.parametrize("before", [0, 1, 200, 256, 300, 600])
@pytest.mark.parametrize("size", [600, 768, 1100])
def test_wherever_publishing_ends_the_log_holds_and_the_next_completes_it(before: int, size: int) -> None:
    standing = log(*[before] * bool(before))
    whole = copied(standing)
    publish(whole, entries, size, SIGNER)
    steps = 0
    while True:
        objects = copied(standing)
        try:
            publish(Mortal(objects, steps), entries, size, SIGNER)
        except KilledError:
            steps += 1
        else:
            break
        if before:
            assert check_log(objects, entries, size, KEY) == []
            assert prove(objects, before - 1).checkpoint == standing.held[CHECKPOINT]
        publish(objects, entries, size, SIGNER)
        assert objects.held == whole.held
    assert steps > 4 or before == size


@pytest.mark.parametrize("killed", [0, 3, 5, 8, 12])
def test_what_a_killed_one_had_written_beyond_is_no_obstacle_to_a_shorter_one(killed: int) -> None:
    objects = log(300)
    with pytest.raises(KilledError):
        publish(Mortal(objects, killed), entries, 1500, SIGNER)
    publish(objects, entries, 310, SIGNER)
    assert check_log(objects, entries, 1500, KEY) == []
    publish(objects, entries, 1700, SIGNER)
    assert objects.held == log(300, 310, 1700).held


@pytest.mark.parametrize("start", [0, 1, 255, 256, 299, 300])
def test_publishing_again_from_an_earlier_size_gives_the_same_bytes(start: int) -> None:
    objects = log(300)
    whole = dict(objects.held)
    publish(objects, entries, 300, SIGNER, start=start)
    assert objects.held == whole


def test_publishing_again_what_is_published_writes_nothing() -> None:
    objects = log(300)
    assert publish(Mortal(objects, 0), entries, 300, SIGNER).size == 300


def test_publishing_from_the_beginning_mends_tiles() -> None:
    objects = log(600)
    whole = dict(objects.held)
    for name in set(objects.held) - {CHECKPOINT}:
        objects.held[name] = b"noise" * 2000
    publish(objects, entries, 600, SIGNER, start=0)
    assert objects.held == whole


def test_a_partial_tile_stays_until_the_full_one_stands() -> None:
    partial = {name for name in log(300, 310, 400).held if ".p/" in name and "/1/" not in name}
    assert partial == {f"log/tile/{kind}/001.p/{width}" for kind in ("0", "entries") for width in (44, 54, 144)}
    assert {name for name in log(300, 310, 400, 513).held if "/001.p/" in name} == set()


@pytest.mark.parametrize("index", [0, 290, 299])
@pytest.mark.parametrize("start", [0, 256])
def test_what_contradicts_the_checkpoint_is_never_signed_and_nothing_is_written(index: int, start: int) -> None:
    objects = log(300)
    if index < start:
        index = 299
    with pytest.raises(StoreError, match="first 300 entries, or its tiles, are not those of its checkpoint"):
        publish(Mortal(objects, 0), Changed(index), 600, SIGNER, start=start)


def test_a_tile_that_was_tampered_with_is_not_built_upon() -> None:
    objects = log(600)
    objects.held["log/tile/1/000.p/2"] = bytes(64)
    with pytest.raises(StoreError, match="are not those of its checkpoint"):
        publish(Mortal(objects, 0), entries, 700, SIGNER)


@pytest.mark.parametrize(("start", "size"), [(None, 299), (301, 400), (-1, 400)])
def test_a_log_is_published_from_what_is_published_to_what_is_longer(start: int | None, size: int) -> None:
    with pytest.raises(StoreError, match="the log is published up to 300"):
        publish(Mortal(log(300), 0), entries, size, SIGNER, start=start)


@pytest.mark.parametrize("note", [b"noise", sign(Checkpoint(SIGNER.name, 300, root(300)).text(), OTHER)])
def test_a_checkpoint_that_is_not_ours_is_not_replaced(note: bytes) -> None:
    objects = log(300)
    objects.held[CHECKPOINT] = note
    with pytest.raises(StoreError, match="log/checkpoint is not this log's"):
        publish(Mortal(objects, 0), entries, 600, SIGNER)


def test_an_entry_that_is_too_long_is_refused_and_the_log_holds() -> None:
    objects = log(3)
    with pytest.raises(ValueError, match="at most 65535"):
        publish(objects, lambda start, stop: [*entries(start, stop - 1), bytes(65536)], 4, SIGNER)
    assert check_log(objects, entries, 3, KEY) == []
