"""Every implementation of the contract, to run one suite against."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.stores.embedded.store import EmbeddedStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from carnet.stores.contract import Store
    from carnet.stores.records_contract import PartitionStore, RecordStore

IMPLEMENTATIONS: dict[str, Callable[[Path], Store]] = {"embedded": EmbeddedStore}


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def opening(request: pytest.FixtureRequest) -> Callable[[Path], Store]:
    """Opens a store of the implementation under test in a folder."""
    return IMPLEMENTATIONS[request.param]


@pytest.fixture
def store(opening: Callable[[Path], Store], data: Path) -> Iterator[Store]:
    """An empty store of every implementation in turn."""
    with closing(opening(data)) as opened:
        yield opened


@pytest.fixture
def records(store: Store) -> RecordStore:
    """An empty store of records of every implementation in turn."""
    return store.records


@pytest.fixture
def part(records: RecordStore) -> PartitionStore:
    """An empty partition, `days30-2026-04-01`."""
    return records.partition("days30-2026-04-01")
