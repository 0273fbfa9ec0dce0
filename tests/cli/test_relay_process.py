"""One process of the relay: it says why it cannot run, and does not outlive its supervisor."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from carnet.cli.relay_process import room_for_clients
from carnet.gateway.board import Board

MODULE = (sys.executable, "-m", "carnet.cli.relay_process")


def _started(environ: dict[str, str], parent: int, descriptor: int | None = None) -> subprocess.CompletedProcess[str]:
    board = Board.make(Path(environ["HOME"]) / "board") if descriptor is None else None
    given = board.descriptor if board is not None else descriptor or 0
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return subprocess.run(
            [*MODULE, str(bound.fileno()), str(parent), str(given), "0"],
            env=environ, pass_fds=(bound.fileno(), given), capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip


def test_it_says_why_it_cannot_run_and_ends_with_3(environ: dict[str, str], data: Path) -> None:
    data.mkdir()
    (data / "carnet.db").write_text("no store at all")
    done = _started(environ, os.getpid())
    assert done.returncode == 3
    assert "carnet.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_does_not_run_for_a_supervisor_that_is_gone(environ: dict[str, str], data: Path) -> None:
    done = _started(environ, 1 << 22)
    assert (done.returncode, done.stderr) == (0, "")
    assert not data.exists()


def test_a_board_of_another_layout_is_refused(environ: dict[str, str], data: Path) -> None:
    with tempfile.TemporaryFile() as file:
        done = _started(environ, os.getpid(), file.fileno())
    assert done.returncode == 3
    assert "another Carnet's board; restart" in done.stderr
    assert not data.exists()


@pytest.mark.parametrize(
    ("limits", "files", "clients"),
    [((1024, 1 << 20), 65_536, 16_384), ((1024, 4096), 4096, 1920), ((1 << 20, 1 << 20), 1 << 20, 16_384),
     ((1024, resource.RLIM_INFINITY), 65_536, 16_384), ((resource.RLIM_INFINITY,) * 2, None, 16_384)],
)  # fmt: skip
def test_it_takes_as_many_clients_as_it_may_open_files_for(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], files: int | None, clients: int
) -> None:
    given = [limits]
    monkeypatch.setattr(resource, "getrlimit", lambda _: given[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: given.append(wanted))
    assert room_for_clients() == clients
    assert given[-1] == (limits[0] if files is None else files, limits[1])


def test_a_setting_of_the_log_that_is_none_is_named(environ: dict[str, str]) -> None:
    done = _started({**environ, "CARNET_RELAY_LOG": "loud"}, os.getpid())
    assert done.returncode == 3
    assert "relay.log = 'loud' (environment CARNET_RELAY_LOG) is not one of off, text, json" in done.stderr
