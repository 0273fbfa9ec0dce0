"""However much a partition holds: little of it is in memory while it is verified, ended or erased."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from carnet.model.record import Chunk
from carnet.stores.sql import partition_rows
from tests.records.kept import ACME, ANN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY, FEW = 90, 30


class Counted(Chunk, frozen=True):
    """A chunk that is counted while it is alive."""

    alive = most = 0

    def __post_init__(self) -> None:
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Steps of ten; how many chunks lived at the same time at most."""
    made = partition_rows.chunk_of

    def chunk_of(*args: Any) -> Chunk:
        found = made(*args)
        return Counted(**{name: getattr(found, name) for name in Chunk.__struct_fields__})

    with monkeypatch.context() as patch:
        patch.setattr("carnet.stores.sql.partition_queries.chunk_of", chunk_of)
        for place, number in {
            "erasing.AT_ONCE": 10,
            "expiring.AT_ONCE": 10,
            "verifying._AT_ONCE": 10,
        }.items():
            patch.setattr(f"carnet.records.{place}", number)
        Counted.alive = Counted.most = 0
        yield lambda: Counted.most


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    shelf.put(*[shelf.draft(f"words {number}", session=f"s{number}") for number in range(MANY)])
    return shelf


def test_verifying(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as most:
        assert full.faults() == []
        assert 0 < most() < FEW


def test_ending_some(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    later = full.later(hours=12).kept("of the same day", session="later")
    full.later(days=29, hours=13)
    with counting(monkeypatch) as most:
        assert full.keep().ended.records == MANY
        assert 0 < most() < FEW
    assert (full.ids(), full.faults()) == ({later}, [])


@pytest.mark.parametrize("scope", [{"account": ANN}, {"org": ACME}])
def test_erasing(full: Shelf, monkeypatch: pytest.MonkeyPatch, scope: dict[str, str]) -> None:
    with counting(monkeypatch) as most:
        assert full.erase(**scope).answer["records"] == MANY
        assert 0 < most() < FEW
    assert (full.everything(), full.faults()) == ([], [])
