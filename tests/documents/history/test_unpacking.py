from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from carnet.documents.history.importing import Request, import_history
from carnet.errors import CarnetError
from tests.documents.history.archives import DOCUMENT, fill, forge, observation
from tests.documents.history.histories import content

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store

GOOD = DOCUMENT + observation(b"one\n")


def refused(store: Store, settings: Settings, file: Path) -> str:
    """What is said of a bad archive, of which nothing was written."""
    before = content(store)
    with pytest.raises(CarnetError) as raised:
        import_history(store, settings, Request(str(file)))
    assert content(store) == before
    assert file.name in str(raised.value)
    return str(raised.value)


def test_a_forged_but_true_archive_is_taken(store: Store, settings: Settings, tmp_path: Path) -> None:
    import_history(store, settings, Request(str(forge(tmp_path / "a", GOOD))))

    assert [document.full_name for document in store.documents.documents()] == ["c/a"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (GOOD + b"{", "a line does not end"),
        (GOOD + b"{}\n", "cannot be read"),
        (GOOD + b"\xff\xfe\n", "cannot be read"),
        (GOOD + b'{"type":"spell"}\n', "cannot be read"),
        (observation(b"one\n"), "a capture before any document"),
        (DOCUMENT + observation(b"one\n", sha256="0" * 64), "does not match its digest"),
        (DOCUMENT + observation(b"one\n", given="before"), "does not match its digest"),
        (DOCUMENT + observation(b"one\n", size=2), "longer than announced"),
        (DOCUMENT + observation(b"one\n", size=5), "ends within a body"),
        (DOCUMENT + observation(b"one\n", size=10**15), "claims a body of"),
        (DOCUMENT + observation(b"one\n", size=-1), "claims a body of"),
        (DOCUMENT + b"x" * 3_000_000 + b"\n", "a line does not end"),
    ],
)
def test_a_damaged_stream_is_refused(store: Store, settings: Settings, tmp_path: Path, lines: bytes, says: str) -> None:
    fill(store)

    assert says in refused(store, settings, forge(tmp_path / "a", lines))


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ({"format": "other"}, "not a Carnet archive"),
        ({"version": 2}, "format version 2; this Carnet reads 1"),
        ({"version": "1"}, "format version '1'"),
        ({"sha256": "0" * 64}, "does not match its digest"),
        ({"captures": 2}, "not whole"),
        ({"documents": 0}, "not whole"),
        ({"size": 10}, "more than its manifest says"),
        ({"size": "big"}, "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    store: Store, settings: Settings, tmp_path: Path, manifest: dict[str, object], says: str
) -> None:
    assert says in refused(store, settings, forge(tmp_path / "a", GOOD, manifest))


@pytest.mark.parametrize("name", ["../../evil.md", "/etc/evil", "evil"])
def test_a_member_that_no_carnet_writes_is_refused(store: Store, settings: Settings, tmp_path: Path, name: str) -> None:
    said = refused(store, settings, forge(tmp_path / "a", GOOD, None, **{name: b"x"}))

    assert "no Carnet writes" in said
    assert [path.name for path in tmp_path.parent.rglob("evil*")] == []


def test_a_bomb_is_refused_before_it_is_held(store: Store, settings: Settings, tmp_path: Path) -> None:
    bomb = DOCUMENT + b"\0" * 300_000_000
    file = forge(tmp_path / "a", bomb, {"documents": 1, "captures": 0})
    assert file.stat().st_size < 100_000

    assert "a line does not end" in refused(store, settings, file)


def test_a_window_beyond_the_limit_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=28)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = stream.compress(GOOD) + stream.flush()
    with zipfile.ZipFile(forge(tmp_path / "true", GOOD)) as true, zipfile.ZipFile(tmp_path / "a", "w") as false:
        false.writestr("manifest.json", true.read("manifest.json"))
        false.writestr("history.zst", packed)

    assert "damaged" in refused(store, settings, tmp_path / "a")


def test_another_zip_file_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as other:
        other.writestr("page.md", "x")

    assert "not a Carnet archive: it has no manifest.json" in refused(store, settings, tmp_path / "a.zip")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_refused(store: Store, settings: Settings, tmp_path: Path, part: float) -> None:
    whole = forge(tmp_path / "whole", GOOD).read_bytes()
    (tmp_path / "a").write_bytes(whole[: int(len(whole) * part)])

    assert "not a whole Carnet archive" in refused(store, settings, tmp_path / "a")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_given_twice_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    file = forge(tmp_path / "a", GOOD)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("history.zst", b"x")

    assert "no Carnet writes" in refused(store, settings, file)


def test_a_flipped_bit_is_found(store: Store, settings: Settings, tmp_path: Path) -> None:
    file = forge(tmp_path / "a", GOOD)
    data = bytearray(file.read_bytes())
    data[data.index(b"history.zst") + 40] ^= 1
    file.write_bytes(bytes(data))

    refused(store, settings, file)


def test_the_forged_manifest_is_the_one_carnet_writes(tmp_path: Path) -> None:
    with zipfile.ZipFile(forge(tmp_path / "a", GOOD)) as archive:
        assert set(json.loads(archive.read("manifest.json"))) == {
            "format",
            "version",
            "documents",
            "captures",
            "size",
            "sha256",
        }
