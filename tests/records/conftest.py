"""A shelf for every test that keeps something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.records.kept import Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store


@pytest.fixture
def shelf(store: Store) -> Shelf:
    """An empty store of records with two organisations and three people."""
    return Shelf(store.records).settle()
