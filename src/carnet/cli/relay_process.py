"""One process of the relay, started by `carnet serve`: python -m carnet.cli.relay_process DESCRIPTOR."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.records.dumps import leave_no_dump
from carnet.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def main(args: Sequence[str]) -> int:
    """Relay what comes in at an inherited socket until SIGTERM; 0, or 3 where it cannot be done."""
    leave_no_dump()
    end_with(int(args[1]))
    logging.basicConfig(
        format="%(asctime)s  relay %(process)d: %(message)s", datefmt="%Y-%m-%d %H:%M:%S", level="WARNING"
    )
    try:
        with socket.socket(fileno=int(args[0])) as bound:
            relay_at(bound)
    except CarnetError as error:
        logging.getLogger("carnet.gateway").error("%s", error)  # noqa: TRY400 - it says what to do
        return 3
    return 0


def relay_at(bound: socket.socket) -> None:
    from carnet.gateway.making import Making  # noqa: PLC0415 - a wrong argument needs nothing of it
    from carnet.gateway.server import run  # noqa: PLC0415
    from carnet.gateway.tls import server_context  # noqa: PLC0415
    from carnet.stores import open_store  # noqa: PLC0415

    settings = load()
    context = server_context(settings)
    with closing(open_store(settings)) as store:
        making = Making(store.records, settings)
        with closing(making):
            run(making.relay, bound, context)


def end_with(parent: int) -> None:
    """Be told to end when the supervisor is gone, however it went (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
