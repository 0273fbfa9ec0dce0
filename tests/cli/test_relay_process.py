"""One process of the relay: it says why it cannot run, and does not outlive its supervisor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = (sys.executable, "-m", "carnet.cli.relay_process")


def _started(environ: dict[str, str], parent: int) -> subprocess.CompletedProcess[str]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return subprocess.run(
            [*MODULE, str(bound.fileno()), str(parent)],
            env=environ, pass_fds=(bound.fileno(),), capture_output=True, text=True, check=False, timeout=30,
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
