from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.history.folder import read_folder
from carnet.documents.history.step import Quiet

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_history_can_be_read_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.2026-01-01.md").write_bytes(b"x" * 11_000_000)
    quiet = Quiet()

    (step,) = read_folder(tmp_path, (), quiet)
    quiet.step()

    assert step.seen == ()
    assert capsys.readouterr() == ("", "")
