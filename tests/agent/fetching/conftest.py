from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.fetching.ground import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A small web, as of August 2026."""
    web = Web(tmp_path)
    yield web
    web.close()
