"""What the loop reads in one round, gone through together: first all is taken, then all is done, then all is written.

One after the other costs half as much again: between a read and a write lies the kernel's whole way through its
network, and behind that nothing the next exchange needs is in the processor's caches any more (decision 28).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = tuple["Reader | None", Callable[..., None], tuple[object, ...]]

LARGE = 64 << 10
"""Bytes of a read that waits for no others, so that those that wait are never many bytes."""
MOST = 64
"""Reads that wait for each other: the first waits for the last."""
FEW = 3
"""Fewer reads are not worth going through together."""
APART, LONGEST_APART = 16, 64
"""Reads that are taken as they come after a round of few, and after several: a lone one loses by waiting."""


class Reader(Protocol):
    """A connection that takes what is read of it."""

    def take(self, data: bytes) -> None:
        """Take what was read."""

    def broken(self) -> None:
        """End it: something of ours broke while it took what was read, or did what followed."""


def _once_read(run: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(run)


class Rounds:
    """Rounds of one loop. What is read of a connection, and what is written to it, keeps its order."""

    __slots__ = ("_apart", "_fault", "_left", "_reads", "_soon", "_steps", "_together", "_writes")

    def __init__(
        self, fault: Callable[[str, Exception], object], soon: Callable[[Callable[[], None]], object] = _once_read
    ) -> None:
        """`fault` is told what broke, and in what; `soon` has something done once the loop has read what there is."""
        self._fault = fault
        self._soon = soon
        self._reads: list[tuple[Reader, bytes]] = []
        self._steps: list[Step] = []
        self._writes: list[tuple[asyncio.Transport, bytes]] = []
        self._together = False
        """What is written waits for what else is done now."""
        self._apart, self._left = APART, 0
        """Reads that will be taken apart the next time, and still are now."""

    def read(self, reader: Reader, data: bytes) -> None:
        """Have a connection take what was read of it, with what else this round reads."""
        if self._left:
            self._left -= 1
            self.take(reader, data)
            return
        reads = self._reads
        reads.append((reader, data))
        number = len(reads)
        if number >= MOST or len(data) > LARGE:
            self.now()
        elif number == 1:
            self._soon(self.now)

    def take(self, reader: Reader, data: bytes) -> None:
        """Have a connection take what was read of it, of which no other read waits."""
        try:
            reader.take(data)
        except Exception as error:  # noqa: BLE001 - told without its text, which may quote what was read
            self._broke(reader.broken, error)

    def then(self, reader: Reader | None, step: Callable[..., None], *what: object) -> None:
        """Do what follows from reads, of this connection or of several, once all have come as far."""
        if self._together:
            self._steps.append((reader, step, what))
        else:
            step(*what)

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write once everything is done; at once where nothing else is."""
        if self._together:
            self._writes.append((transport, data))
        elif not transport.is_closing():
            transport.write(data)

    def together(self, do: Callable[[], object]) -> None:
        """Do something that ends many exchanges; what follows from it is done behind it, and then written."""
        before, self._together = self._together, True
        try:
            do()
        finally:
            try:
                while self._steps or self._writes:
                    self._follow()
                    self.flush()
            finally:
                self._together = before

    def flush(self) -> None:
        """Write what was to be written by now: what follows ends a connection, or may be the last it takes."""
        while self._writes:
            writes, self._writes = self._writes, []
            for transport, data in writes:
                if not transport.is_closing():
                    try:
                        transport.write(data)
                    except Exception as error:  # noqa: BLE001 - one connection that breaks is no other's
                        self._broke(transport.abort, error)

    def now(self) -> None:
        """End this round: what was read is taken before what follows."""
        if len(self._reads) >= FEW:
            self._apart = APART
        elif self._reads:
            self._left, self._apart = self._apart, min(2 * self._apart, LONGEST_APART)
        self.together(self._go_through)

    def _go_through(self) -> None:
        reads, self._reads = self._reads, []
        for reader, data in reads:
            self.take(reader, data)

    def _follow(self) -> None:
        while self._steps:
            steps, self._steps = self._steps, []
            for reader, step, what in steps:
                try:
                    step(*what)
                except Exception as error:  # noqa: BLE001 - as above
                    self._broke(None if reader is None else reader.broken, error)

    def _broke(self, end: Callable[[], object] | None, error: Exception) -> None:
        self._fault("connection", error)
        if end is not None:
            try:
                end()
            except Exception as more:  # noqa: BLE001 - what cannot even be ended holds up no other
                self._fault("connection", more)
