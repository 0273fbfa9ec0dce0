"""One process of the relay, started by `carnet serve`.

python -m carnet.cli.relay_process SOCKETS PARENT BOARD PLACE, the sockets and the board as inherited descriptors.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from carnet.cli.files import OTHER_FILES, files_for
from carnet.errors import CarnetError
from carnet.gateway.board import Board
from carnet.gateway.bounds import Bounds
from carnet.gateway.loglines import Events, Lines, Style
from carnet.records.dumps import leave_no_dump
from carnet.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.settings import Settings

_PR_SET_PDEATHSIG = 1


def main(args: Sequence[str]) -> int:
    """Relay what comes in at an inherited socket until SIGTERM; 0, or 3 where it cannot be done."""
    leave_no_dump()
    end_with(int(args[1]))
    lines = Lines()
    logging.basicConfig(handlers=[Events(lines)], level="WARNING")
    logging.raiseExceptions = False
    lines.start()
    try:
        settings = load()
        lines.style = Style(settings.choice("relay.log", *Style))
        with ExitStack() as stack:
            bound = [stack.enter_context(socket.socket(fileno=int(one))) for one in args[0].split(",")]
            relay_at(settings, bound, board_at(int(args[2])), int(args[3]), lines)
    except CarnetError as error:
        logging.getLogger("carnet.gateway").error("%s", error)  # noqa: TRY400 - it says what to do
        return 3
    finally:
        lines.stop()
    return 0


def board_at(descriptor: int) -> Board:
    """The board that the supervisor made."""
    board = Board.of(descriptor)
    if board is None:
        raise CarnetError("the relay was started with another Carnet's board; restart `carnet serve`")
    return board


def relay_at(settings: Settings, bound: Sequence[socket.socket], board: Board, place: int, lines: Lines) -> None:
    """Relay at some sockets, at one place of a board."""
    from carnet.gateway.making import Making  # noqa: PLC0415 - a wrong argument needs nothing of it
    from carnet.gateway.metrics import Metrics  # noqa: PLC0415
    from carnet.gateway.server import run  # noqa: PLC0415
    from carnet.gateway.tls import server_context  # noqa: PLC0415
    from carnet.stores import open_store  # noqa: PLC0415

    context = server_context(settings)
    notice = settings.duration("relay.notice").total_seconds()
    metrics = Metrics(board, place)
    lines.left_out = lambda number: metrics.log_left_out.add(count=number)
    with closing(open_store(settings)) as store:
        making = Making(store.records, settings, Bounds(clients=room_for_clients()), metrics, lines)
        with closing(making):
            run(making.relay, bound, context, notice, lambda state: board.tell(place, state))


def room_for_clients(most: int = Bounds().clients) -> int:
    """How many clients this process takes: each needs two files, its own connection and one to an upstream."""
    files = files_for(2 * most + OTHER_FILES)
    return max(1, min(most, (files - OTHER_FILES) // 2))


def end_with(parent: int) -> None:
    """Be told to end when the supervisor is gone, however it went (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
