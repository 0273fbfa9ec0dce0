"""`carnet export`, and `carnet import` of what it wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


@pytest.mark.usefixtures("history")
def test_an_archive_moves_a_store_to_another_folder(carnet: Carnet, tmp_path: Path) -> None:
    archive, elsewhere = str(tmp_path / "store.carnet"), str(tmp_path / "elsewhere")

    exported = carnet("export", archive)
    imported = carnet("import", archive, "--data", elsewhere)

    assert exported.out == f"exported 2 documents, 5 captures to {archive}\n"
    assert imported.out.startswith("imported 2 documents, 5 captures, 5 versions (")
    assert carnet("documents", "--json", "--data", elsewhere).out == carnet("documents", "--json").out
    assert (
        carnet("timeline", "keeping", "--json", "--data", elsewhere).out == carnet("timeline", "keeping", "--json").out
    )


@pytest.mark.usefixtures("history")
def test_json_names_file_size_and_digest(carnet: Carnet, tmp_path: Path) -> None:
    file = tmp_path / "store.carnet"

    told = json.loads(carnet("export", str(file), "--json").out)

    assert (told["file"], told["bytes"], told["captures"]) == (str(file), file.stat().st_size, 5)
    assert len(told["sha256"]) == 64


@pytest.mark.usefixtures("history")
def test_a_collection_that_is_not_there_is_named(carnet: Carnet, tmp_path: Path) -> None:
    ended = carnet("export", str(tmp_path / "x"), "--collection", "nobody")

    assert ended.status == 2
    assert "no collection 'nobody'; there are: juniper" in ended.err
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("history")
def test_an_archive_is_not_written_to_a_pipe(carnet: Carnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    ended = carnet("export", "-")

    assert (ended.status, ended.out) == (2, "")
    assert not (tmp_path / "-").exists()
