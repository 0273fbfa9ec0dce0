"""A log of ours, verified by what others wrote: Go's libraries for its own checksum database."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import pytest

from carnet.records.log import merkle
from carnet.records.log.note import open_note, read_verifier
from carnet.records.log.tiles import CHECKPOINT
from carnet.records.log.verify import prove, prove_consistency

from .logs import KEY, OTHER, log, root

LIBRARIES = Path("/usr/share/gocode")  # where Debian's packages of Go libraries are

pytestmark = [
    pytest.mark.go,
    pytest.mark.skipif(
        shutil.which("go") is None or not (LIBRARIES / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="Go or its library golang.org/x/mod is not installed",
    ),
]

LOG = log(400, 1000)


@dataclass(frozen=True)
class Go:
    """The program verify.go, compiled, and a folder with a log."""

    program: Path
    folder: Path

    def __call__(self, what: str, *args: str) -> str:
        """What it prints. Raises ValueError with its complaint."""
        ended = subprocess.run([self.program, what, *args], capture_output=True, check=False, encoding="utf-8")
        if ended.returncode:
            raise ValueError(ended.stderr)
        return ended.stdout

    def on_log(self, what: str, *args: str) -> str:
        return self(what, str(self.folder), KEY, *args)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the program, without a network and with nothing left behind."""
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(LIBRARIES),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    source = Path(__file__).with_name("verify.go")
    subprocess.run(["go", "build", "-o", folder / "verify", source], env=environment, cwd=folder, check=True)
    return folder / "verify"


@pytest.fixture
def go(program: Path, tmp_path: Path) -> Go:
    for name, data in LOG.held.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Go(program, tmp_path / "log")


def told(*hashes: bytes) -> str:
    return b64encode(b"".join(hashes)).decode()


def test_it_believes_a_checkpoint(go: Go) -> None:
    assert go.on_log("checkpoint") == "1000\n"


def test_it_believes_an_inclusion_proof(go: Go) -> None:
    go.on_log("record", "777", told(b"entry 777"), told(*prove(LOG, 777).hashes))


def test_it_believes_a_consistency_proof(go: Go) -> None:
    go.on_log("tree", "400", told(root(400)), told(*prove_consistency(LOG, 400).hashes))


@pytest.mark.parametrize("index", [0, 255, 256, 777, 999])
def test_it_finds_the_same_proof_in_our_tiles(go: Go, index: int) -> None:
    assert go.on_log("tiles", str(index)).split() == [told(each) for each in prove(LOG, index).hashes]


def test_it_refuses_a_leaf_that_was_tampered_with(go: Go) -> None:
    with pytest.raises(ValueError, match="invalid transparency proof"):
        go.on_log("record", "777", told(b"entry 776"), told(*prove(LOG, 777).hashes))


def test_it_refuses_an_older_log_that_was_another(go: Go) -> None:
    with pytest.raises(ValueError, match="invalid transparency proof"):
        go.on_log("tree", "400", told(merkle.EMPTY_ROOT), told(*prove_consistency(LOG, 400).hashes))


def test_it_refuses_a_tile_that_was_tampered_with(go: Go) -> None:
    tile = go.folder / "tile" / "0" / "003.p" / "232"
    tile.write_bytes(tile.read_bytes()[:-1] + b"\0")
    with pytest.raises(ValueError, match="inconsistent tile"):
        go.on_log("tiles", "999")


def test_it_refuses_a_checkpoint_that_was_tampered_with(go: Go) -> None:
    (go.folder / "checkpoint").write_bytes(LOG.held[CHECKPOINT].replace(b"\n1000\n", b"\n1001\n"))
    with pytest.raises(ValueError, match="invalid signature for key"):
        go.on_log("checkpoint")


def test_it_refuses_a_signature_that_was_tampered_with(go: Go) -> None:
    text, _, line = LOG.held[CHECKPOINT].decode().rpartition(" ")
    signature = line[:40] + ("A" if line[40] != "A" else "B") + line[41:]
    (go.folder / "checkpoint").write_text(f"{text} {signature}", "utf-8")
    with pytest.raises(ValueError, match="invalid signature for key"):
        go.on_log("checkpoint")


def test_it_refuses_a_checkpoint_under_another_key(go: Go) -> None:
    with pytest.raises(ValueError, match="no verifiable signatures"):
        go("checkpoint", str(go.folder), OTHER.verifier.text())


def test_we_believe_a_note_that_it_signed(go: Go) -> None:
    key, _, note = go("sign", "go.example/log", "a text\n\nin two parts\n").partition("\n")
    assert open_note(note.encode(), read_verifier(key)) == "a text\n\nin two parts\n"
