"""What one run of the command line works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.cli.context import Invocation

if TYPE_CHECKING:
    from pathlib import Path


def test_the_store_is_opened_at_its_first_use_only(data: Path) -> None:
    invocation = Invocation()
    invocation.data = str(data)
    invocation.close()
    assert not data.exists()

    assert invocation.store.documents.documents() == []
    invocation.close()
    assert data.is_dir()


def test_the_option_wins_over_the_environment(data: Path) -> None:
    invocation = Invocation()
    assert invocation.settings["data"] != str(data)

    other = Invocation()
    other.data = str(data)
    assert other.settings.data == data
