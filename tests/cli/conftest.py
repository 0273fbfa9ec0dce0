"""Running a command line, in this process or as one of its own."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from carnet.cli.main import run

from .histories import fill

if TYPE_CHECKING:
    from .shelf import Shelf

PROGRAM = Path(sys.executable).with_name("carnet")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    status: int
    out: str
    err: str
    raw: bytes
    """Standard output, byte for byte."""


class Carnet(Protocol):
    """Carries out `carnet ARGS…` on the test's data folder."""

    def __call__(self, *args: str) -> Ended: ...


@pytest.fixture
def carnet(data: Path, monkeypatch: pytest.MonkeyPatch) -> Carnet:
    def carry_out(*args: str) -> Ended:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setenv("CARNET_DATA", str(data))
            status = run(args)
        raw = out.buffer.getvalue()
        return Ended(status, raw.decode("utf-8", "replace"), err.buffer.getvalue().decode(), raw)

    return carry_out


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two organisations and three people, made once and copied for each test."""
    from .shelf import SETTLING  # noqa: PLC0415 - it needs this module

    folder = tmp_path_factory.mktemp("settled")
    for args in SETTLING:
        with redirect_stdout(io.StringIO()):
            assert run(["--data", str(folder), *args]) == 0
    return folder


@pytest.fixture
def shelf(carnet: Carnet, settled: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A store of records with two organisations and three people; see `shelf.py`."""
    from .shelf import Shelf  # noqa: PLC0415 - it needs this module

    shutil.copytree(settled, data)
    return Shelf(carnet, data, tmp_path, monkeypatch)


@pytest.fixture
def history(data: Path) -> None:
    """The history of `histories.py` in the test's data folder."""
    fill(data)


@pytest.fixture
def environ(home: Path, data: Path) -> dict[str, str]:
    """The environment of a `carnet` process of its own."""
    sources = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CARNET_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
        **sources,
    }
