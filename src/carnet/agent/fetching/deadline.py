"""An end for everything that a socket does, however slowly the other side sends."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """Shuts the watched sockets when the time is over; each read then ends at once."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._end, self._clock = clock() + seconds, clock
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, seconds), self._shut)
        self._timer.daemon = True
        self.over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *about: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when there are none."""
        left = self._end - self._clock()
        if self.over or left <= 0:
            raise TimeoutError
        return left

    def watch(self, connected: socket.socket) -> None:
        """End this socket, too."""
        with self._lock:
            if not self.over:
                self._sockets.append(connected)
                return
        _shut(connected)

    def _shut(self) -> None:
        with self._lock:
            self.over = True
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            _shut(one)


def _shut(connected: socket.socket) -> None:
    # that of the plain socket: TLS would wait for the other side's goodbye
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
