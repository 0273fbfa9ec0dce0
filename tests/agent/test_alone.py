"""One process holds a file, and another sees that it does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from carnet.agent.alone import alone

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_is_held_until_it_is_closed(tmp_path: Path) -> None:
    one, other = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert alone(one)
    assert alone(one)
    assert not alone(other)
    os.close(one)
    assert alone(other)
    os.close(other)


def test_where_there_are_no_such_locks_everybody_is_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as other:
        assert alone(one.fileno())
        assert alone(other.fileno())
