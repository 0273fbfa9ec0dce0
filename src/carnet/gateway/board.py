"""What the processes of one relay share: a file that each has mapped into its memory, never forced onto the disk.

Every process has a place of its own to write numbers in (cells.py), which the others only read; nobody waits for
anybody. Only limits are read and written by several, behind locks that the system takes back when a process dies
(counting.py). The file lives as long as its relay: it holds numbers, ids as hashes, and nothing of an exchange.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from carnet.errors import StoreError
from carnet.gateway.cells import Cells, read_cells

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

MAGIC = b"carnet-board 2\n\0"
"""Its number changes with the layout: whoever finds another one makes a board anew."""
PATH = "run/relay.board"
"""In the data folder."""
PLACES = 128
"""Processes at the same time, those that still end what they had under way included."""
ROWS = 16384
"""Keys and organisations with limits."""
ROW = 320
_PLACE = struct.Struct("<3q")
"""Process, state, bytes of its numbers in use."""
_PLACES_AT = 4096
ROWS_AT = _PLACES_AT + PLACES * 64
_SPENT_AT = ROWS_AT + ROWS * ROW
_NUMBERS_AT = _SPENT_AT + ROWS * PLACES * 4
_NUMBERS = 128 << 10
SIZE = _NUMBERS_AT + PLACES * _NUMBERS
AT_ONCE = 64
"""Where in a row the exchanges under way stand, two bytes for each place."""


class State(IntEnum):
    """How the process at a place of a board is."""

    FREE = 0
    STARTING = 1
    READY = 2
    LEAVING = 3
    """Its process takes no new clients."""


@dataclass(slots=True)
class Board:
    """Memory that the processes of a relay share, mapped from a file; without a file, this process's own."""

    memory: memoryview
    descriptor: int = -1
    taken: dict[int, int] = field(default_factory=dict)
    """Place -> process, as the supervisor gave them."""

    @classmethod
    def private(cls) -> Board:
        """For a process that shares with nobody."""
        return cls(memoryview(mmap.mmap(-1, SIZE)))

    @classmethod
    def make(cls, path: Path) -> Board:
        """A new one in the place of any old one, whose processes go on with theirs. Raises StoreError."""
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            os.ftruncate(descriptor, SIZE)
            os.pwrite(descriptor, MAGIC, 0)
            draft.replace(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
        return cls(memoryview(mmap.mmap(descriptor, SIZE)), descriptor)

    @classmethod
    def of(cls, descriptor: int) -> Board | None:
        """The board behind an open file; None where it is none of this layout."""
        try:
            if os.fstat(descriptor).st_size != SIZE or os.pread(descriptor, len(MAGIC), 0) != MAGIC:
                return None
        except OSError:
            return None
        return cls(memoryview(mmap.mmap(descriptor, SIZE)), descriptor)

    def take(self) -> int | None:
        """A free place, for a process that is about to start; None while there is none."""
        for number in range(PLACES):
            if number not in self.taken and self.state(number) is State.FREE:
                self.taken[number] = 0
                self._set(number, 0, State.STARTING)
                return number
        return None

    def free(self, number: int) -> None:
        """Take a place back from a process that is gone, with what it had under way. What it counted stays."""
        self.taken.pop(number, None)
        column = self.under_way
        at, step = AT_ONCE // 2 + number, ROW // 2
        for row in range(ROWS):
            if column[at + row * step]:
                column[at + row * step] = 0
        self._set(number, 0, State.FREE)

    def enter(self, number: int, state: State = State.STARTING) -> Cells:
        """Be the process of a place: its numbers, which go on from where its last process left them."""
        head = self.memory[_PLACES_AT + number * 64 + 16 : _PLACES_AT + number * 64 + 24].cast("q")
        start = _NUMBERS_AT + number * _NUMBERS
        cells = Cells(self.memory[start : start + _NUMBERS], head)
        self.tell(number, state)
        return cells

    def tell(self, number: int, state: State) -> None:
        """Say how this process is."""
        self._set(number, os.getpid(), state)

    def state(self, number: int) -> State:
        return State(self._place(number)[1])

    def place_of(self, process: int) -> int | None:
        """The place of a process."""
        return next((number for number in range(PLACES) if self._place(number)[0] == process), None)

    def forget_all_but(self, processes: Collection[int]) -> None:
        """Take back places whose process is none of these, where the supervisor before us had no time to."""
        for number in range(PLACES):
            process, state, _ = self._place(number)
            if state != State.FREE and process not in processes and process:
                self.free(number)

    def numbers(self) -> Mapping[tuple[str, str], float]:
        """All numbers of all processes as one: (kind, name) -> sum, or the largest (see cells.py)."""
        sums: dict[tuple[str, str], float] = {}
        for number in range(PLACES):
            process, state, used = self._place(number)
            start = _NUMBERS_AT + number * _NUMBERS
            for (kind, name), value in read_cells(
                self.memory[start : start + used], alive=state != State.FREE and _lives(process)
            ):
                had = sums.get((kind, name), 0.0)
                sums[kind, name] = max(had, value) if kind == "max" else had + value
        return sums

    @property
    def under_way(self) -> memoryview:
        """Exchanges under way: ROW // 2 numbers a row, of which those from AT_ONCE // 2 on are one for each place."""
        return self.memory[ROWS_AT:_SPENT_AT].cast("H")

    @property
    def spent(self) -> memoryview:
        """Requests that were counted and not yet taken from what is left of a row: PLACES numbers a row."""
        return self.memory[_SPENT_AT:_NUMBERS_AT].cast("I")

    def places(self, number: int) -> memoryview:
        """One number: how many places, from the first on, may count anything in rows; that one among them."""
        found = self.memory[16:24].cast("q")
        self.lock(0)
        try:
            found[0] = max(found[0], number + 1)
        finally:
            self.unlock(0)
        return found

    def lock(self, first: int) -> None:
        """Hold a lock by its number; whoever holds several took them in growing order, number 0 first.

        The holder computes for some microseconds and does nothing else. One that dies lets go.
        """
        if self.descriptor >= 0:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX, 1, first)

    def unlock(self, first: int) -> None:
        if self.descriptor >= 0:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, first)

    def _place(self, number: int) -> tuple[int, int, int]:
        found: tuple[int, int, int] = _PLACE.unpack_from(self.memory, _PLACES_AT + number * 64)
        return found

    def _set(self, number: int, process: int, state: State) -> None:
        struct.pack_into("<2q", self.memory, _PLACES_AT + number * 64, process, state)


def _lives(process: int) -> bool:
    """Whether it is there. A supervisor that was killed frees no places."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0
