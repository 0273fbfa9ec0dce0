"""Command lines in processes of their own that begin with everything imported: most of a command's second is importing.

A process that has imported the command line, and has done nothing else, forks for each of them.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 240.0
"""Seconds a command may take."""
LONGEST = 60_000
"""Bytes of a request: arguments and environment."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: bytes
    stderr: bytes


def carnet(args: tuple[str, ...], environ: Mapping[str, str]) -> Done:
    """Run one, with nothing on its standard input."""
    with ExitStack() as stack:
        nothing = stack.enter_context(open(os.devnull, "rb"))  # noqa: PTH123
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb"):
            asked = json.dumps([args, dict(environ)]).encode()
            socket.send_fds(_forker(), [asked], [nothing.fileno(), out.fileno(), err.fileno(), writing])
        with os.fdopen(reading, "rb", buffering=0) as status:
            assert select.select([status], [], [], PATIENCE)[0], f"{args} takes for ever"
            code = int(status.read() or b"-1")
        out.seek(0)
        err.seek(0)
        return Done(code, out.read(), err.read())


@cache
def _forker() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.journeys.commands", str(theirs.fileno())]
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    process = subprocess.Popen(
        command, pass_fds=[theirs.fileno()], cwd=ROOT, env=dict(os.environ, PYTHONPATH=paths), stdin=subprocess.DEVNULL
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


# --- the process that forks


def serve(requests: socket.socket) -> None:
    """Until nobody asks any more."""
    for name in ("account", "key", "org", "records", "upstream"):
        import_module(f"carnet.cli.{name}")
    import_module("carnet.stores.embedded.store")
    import_module("carnet.stores.embedded.records")
    import_module("carnet.cli.main")
    while True:
        asked, files, _, _ = socket.recv_fds(requests, LONGEST, 4)
        if not asked:
            return
        if not os.fork():
            requests.close()
            _wait(json.loads(asked), files)
        for one in files:
            os.close(one)
        while _reaped():
            pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _wait(asked: tuple[list[str], dict[str, str]], files: list[int]) -> None:
    """Run the command in a child, and tell how it ended."""
    *streams, status = files
    child = os.fork()
    if not child:
        os.close(status)
        _command(asked, streams)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(status, str(code).encode())
    os._exit(0)


def _command(asked: tuple[list[str], dict[str, str]], streams: list[int]) -> None:
    code = 70
    try:
        for number, one in enumerate(streams):
            os.dup2(one, number)
            os.close(one)
        args, environ = asked
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = ["carnet", *args]
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        import_module("carnet.cli.main").main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0
    except BaseException:  # noqa: BLE001 - the test is to see it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
