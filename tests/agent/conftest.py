"""Machines for tests of the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .homes import Home

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Home:
    """An empty machine."""
    return Home(tmp_path / "machine")
