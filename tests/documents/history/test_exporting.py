from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from carnet.documents.history.exporting import export_archive
from carnet.documents.history.step import Quiet
from carnet.errors import CarnetError, NotFoundError
from tests.documents.history.archives import fill

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store


def test_the_same_store_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    fill(store)

    export_archive(store, tmp_path / "a", None, Quiet())
    export_archive(store, tmp_path / "b", None, Quiet())

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_archive_can_be_read_without_carnet(store: Store, tmp_path: Path) -> None:
    fill(store)

    export_archive(store, tmp_path / "a", "d", Quiet())

    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.namelist() == ["history.zst", "manifest.json"]
        manifest = json.loads(archive.read("manifest.json"))
        stream = zstandard.ZstdDecompressor().stream_reader(archive.read("history.zst")).read()
    document, observation, text, end = stream.split(b"\n")
    assert manifest["documents"] == manifest["captures"] == 1
    assert json.loads(document)["url"] == "https://d.example/page"
    assert json.loads(observation)["text"]["size"] == len(text) == 5
    assert end == b""


def test_a_text_that_repeats_is_written_once(store: Store, tmp_path: Path) -> None:
    fill(store)

    export_archive(store, tmp_path / "a", "c", Quiet())

    with zipfile.ZipFile(tmp_path / "a") as archive:
        stream = zstandard.ZstdDecompressor().stream_reader(archive.read("history.zst")).read()
    assert stream.count(b"\none\n\n") == 1


def test_an_unknown_collection_is_named_with_those_there_are(store: Store, tmp_path: Path) -> None:
    fill(store)

    with pytest.raises(NotFoundError, match="there are: c, d"):
        export_archive(store, tmp_path / "a", "e", Quiet())
    assert list(tmp_path.glob("a*")) == []


def test_a_file_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match="cannot be written"):
        export_archive(store, tmp_path / "absent/a", None, Quiet())


def test_a_failed_export_leaves_the_old_file_and_nothing_else(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a").write_bytes(b"old")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(CarnetError, match="No space left on device"):
        export_archive(store, tmp_path / "out/a", None, Quiet())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]
    assert (tmp_path / "out/a").read_bytes() == b"old"
