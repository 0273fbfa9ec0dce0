"""A collector, and machines whose reporters are closed at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from carnet.agent.reporting import reporter as module
from tests.agent.reporting.ground import Ground, taking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.agent.reporting.ground import Taker


@pytest.fixture
def taker() -> Iterator[Taker]:
    """A collector that listens."""
    with taking() as one:
        yield one


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A machine without any setting."""
    return Ground(tmp_path)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Whatever reporters a test made are closed, and the hook of exceptions is what it was."""
    before = sys.excepthook
    yield
    for one in list(module._REPORTERS):
        one.close()
    sys.excepthook = before
