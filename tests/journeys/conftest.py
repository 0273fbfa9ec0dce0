"""A shelf in the test's data folder."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shelf(data: Path) -> Iterator[Shelf]:
    """An empty store of records with two organisations and three people."""
    with closing(EmbeddedRecords(data)) as store:
        yield Shelf(store).settle()
