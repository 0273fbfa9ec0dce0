"""Where the relay listens: a socket for each of its processes, made here or handed over, and the board they share."""

from __future__ import annotations

import contextlib
import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from carnet.cli.handing import Handed, is_at, socket_of
from carnet.errors import CarnetError
from carnet.gateway.board import PATH, Board
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

    from carnet.settings import Settings


def number_of_processes(settings: Settings) -> int:
    return settings.whole("relay.workers") or len(os.sched_getaffinity(0))


@contextlib.contextmanager
def listen(settings: Settings, handed: Handed | None = None) -> Iterator[list[socket.socket]]:
    """Listening sockets on one port: what waits on a socket outlives the process that died.

    Those that were handed over are used: systemd's as they are, our own where they are at the address of the settings.
    """
    from carnet.gateway.tls import server_context  # noqa: PLC0415 - only the relay needs it

    host, port = settings["relay.host"], settings.whole("relay.port")
    if port > 65535:
        raise CarnetError(f"relay.port = {port} is not a port; the highest is 65535")
    context = server_context(settings)
    with ExitStack() as stack:
        handed = handed or Handed()
        bound = [stack.enter_context(one) for one in map(socket_of, handed.relay)]
        _check_plain(bound, context)
        kept = [one for one in bound if handed.pinned or is_at(one, host, port)]
        for one in bound:
            if one not in kept:
                one.close()
        missing = 0 if handed.pinned and kept else number_of_processes(settings) - len(kept)
        yield kept + [stack.enter_context(one) for one in _more(host, port, kept, missing, context)]


def _more(
    host: str, port: int, kept: Sequence[socket.socket], missing: int, context: ssl.SSLContext | None
) -> Iterator[socket.socket]:
    from carnet.gateway.server import listen as listening  # noqa: PLC0415

    if kept:
        port = kept[0].getsockname()[1]
    else:
        _check_free(host, port)
    for _ in range(missing):
        made = listening(host, port, context)
        port = made.getsockname()[1]
        yield made


def _check_plain(bound: Sequence[socket.socket], context: ssl.SSLContext | None) -> None:
    for one in bound:
        host = one.getsockname()[0]
        if context is None and not is_loopback(host):
            raise CarnetError(
                f"{host} is beyond loopback, and keys would go over the network in the clear: set relay.host"
            )


def _check_free(host: str, port: int) -> None:
    """The port is shared among our processes; another Carnet must not get a share by accident."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CarnetError(
            f"cannot relay on {host} port {port}: {error.strerror or error}; choose another: --relay-port N"
        ) from error


def board(settings: Settings, handed: Handed) -> Board:
    """The board of the relay: the one there was, if it is of this layout, or a new one."""
    had = Board.of(handed.board[0]) if handed.board else None
    return had or Board.make(settings.data / PATH)


def address(settings: Settings, bound: Sequence[socket.socket]) -> str:
    """What clients are given as their base URL."""
    from carnet.gateway.tls import certificate_files  # noqa: PLC0415

    scheme = "https" if certificate_files(settings, settings["relay.host"]) else "http"
    host, port = bound[0].getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
