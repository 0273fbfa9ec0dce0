"""What keys and organisations have used, counted once for all processes of a relay: rows of the board they share.

A row is found by the hash of whose it is. Of exchanges under way each process writes its own number beside the others',
so that those of a process that dies are given back with its place (board.free).
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from carnet.gateway.board import AT_ONCE, PLACES, ROW, ROWS, ROWS_AT, Board
from carnet.gateway.errors import Refused
from carnet.gateway.limits import Count, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ROW = struct.Struct("<16s5d")
_NAME = 16
_NOBODY = bytes(_NAME)
PROBES = 64
"""Rows looked at for one name. Where all of them are in use by others, those who used the least lately go."""
CROWDED = Refused(503, "too many keys are in use at once to count for this one; try again", "limit", 1)

LATE = Limits(tokens=1)
"""Stands for the limits of what is counted late: what it used is charged, whatever they are."""
Held = tuple[tuple[bytes, Limits], ...]
"""What an exchange holds until it ends: whose rows, under which limits."""


class Counting:
    """Counts for the process at one place of a board."""

    def __init__(self, board: Board | None = None, place: int = 0) -> None:
        self._board = board if board is not None else Board.private()
        self._memory = self._board.memory
        self._under_way = self._board.under_way
        self._place = place
        self._names: dict[tuple[str, str], bytes] = {}
        self._where: dict[bytes, int] = {}

    def enter(self, subjects: Iterable[tuple[str, str, Limits | None]], now: float) -> Held | Refused:
        """Count a request for each (whose, id, limits), or refuse it and count it for none."""
        limited = [(whose, self._name(whose, name), limits) for whose, name, limits in subjects if limits is not None]
        if not limited:
            return ()
        while (answer := self._entered(limited, now)) is None:
            for _, name, _ in limited:
                self._where.pop(name, None)
        return answer

    def late(self, subjects: Iterable[tuple[str, str]], held: Held) -> Held:
        """Count what began before some of these (whose, id) had a limit. The same `held` where none of them has one."""
        for whose, name in subjects:
            hashed = self._name(whose, name)
            if all(hashed != one for one, _ in held) and self._joined(hashed):
                held = (*held, (hashed, LATE))
        return held

    def _joined(self, name: bytes) -> bool:
        """Whether there is a row: whoever first had to obey the limit made it."""
        row = self._where[name] if name in self._where else self._found(name)
        if row is None:
            return False
        self._board.lock(1 + row)
        try:
            there = self._is(row, name)
            if there:
                self._under_way[row * (ROW // 2) + AT_ONCE // 2 + self._place] += 1
        finally:
            self._board.unlock(1 + row)
        return there

    def leave(self, held: Held, tokens: int) -> None:
        """Give back the place of an exchange that ended, and charge what it used."""
        for name, limits in held:
            row = self._where[name] if name in self._where else self._found(name)
            if row is None or not self._is(row, name):  # what this process has under way keeps a row where it is
                continue
            if limits.tokens and tokens:
                self._charge(row, name, tokens)
            at = row * (ROW // 2) + AT_ONCE // 2 + self._place
            self._under_way[at] = max(self._under_way[at] - 1, 0)

    def _charge(self, row: int, name: bytes, tokens: int) -> None:
        self._board.lock(1 + row)
        try:
            count = self._read(row)
            count.tokens -= tokens
            self._write(row, name, count)
        finally:
            self._board.unlock(1 + row)

    def _entered(self, limited: Sequence[tuple[str, bytes, Limits]], now: float) -> Held | Refused | None:
        """None where a row was given to somebody else meanwhile."""
        rows: list[int] = []
        for _, name, limits in limited:
            row = self._row(name, limits, now)
            if row is None:
                return CROWDED
            rows.append(row)
        locked = sorted(set(rows))
        for row in locked:
            self._board.lock(1 + row)
        try:
            return self._counted(rows, limited, now)
        finally:
            for row in locked:
                self._board.unlock(1 + row)

    def _counted(
        self, rows: Sequence[int], limited: Sequence[tuple[str, bytes, Limits]], now: float
    ) -> Held | Refused | None:
        counts: list[Count] = []
        for row, (whose, name, limits) in zip(rows, limited, strict=True):
            if not self._is(row, name):
                return None
            count = self._read(row)
            count.at_once = self._all_under_way(row) if limits.at_once else 0
            count.refill(limits, now)
            if refused := count.objection(whose, limits):
                return refused
            counts.append(count)
        for row, count, (_, name, _) in zip(rows, counts, limited, strict=True):
            count.requests -= 1
            self._write(row, name, count)
            self._under_way[row * (ROW // 2) + AT_ONCE // 2 + self._place] += 1
        return tuple((name, limits) for _, name, limits in limited)

    # --- rows; each is read and written behind its lock

    def _name(self, whose: str, name: str) -> bytes:
        found = self._names.get((whose, name))
        if found is None:
            if len(self._names) > ROWS:
                self._names.clear()
            found = hashlib.blake2b(f"{whose}\0{name}".encode(), digest_size=_NAME).digest()
            self._names[whose, name] = found
        return found

    def _row(self, name: bytes, limits: Limits, now: float) -> int | None:
        """The row of a name, made where there was none; None where there is no room."""
        found = self._where.get(name)
        if found is not None:
            return found
        self._board.lock(0)  # so that no two processes make a row for one name
        try:
            found = self._found(name)
            return self._made(name, limits, now) if found is None else found
        finally:
            self._board.unlock(0)

    def _found(self, name: bytes) -> int | None:
        for row in _probed(name):
            if self._is(row, name):
                if len(self._where) > ROWS:
                    self._where.clear()
                self._where[name] = row
                return row
            if self._is(row, _NOBODY):
                return None
        return None

    def _made(self, name: bytes, limits: Limits, now: float) -> int | None:
        for row in _probed(name):
            self._board.lock(1 + row)
            try:
                if self._is(row, _NOBODY) or self._unused(row, now):
                    self._write(row, name, Count.full(limits, now))
                    self._where[name] = row
                    return row
            finally:
                self._board.unlock(1 + row)
        return None

    def _unused(self, row: int, now: float) -> bool:
        count = self._read(row)
        count.at_once = self._all_under_way(row)
        return count.unused(now)

    def _is(self, row: int, name: bytes) -> bool:
        at = ROWS_AT + row * ROW
        return self._memory[at : at + _NAME] == name

    def _all_under_way(self, row: int) -> int:
        at = row * (ROW // 2) + AT_ONCE // 2
        return sum(self._under_way[at : at + PLACES])

    def _read(self, row: int) -> Count:
        """What is left, without what is under way."""
        _, requests, tokens, then, most_requests, most_tokens = _ROW.unpack_from(self._memory, ROWS_AT + row * ROW)
        return Count(requests, tokens, then, (most_requests, most_tokens))

    def _write(self, row: int, name: bytes, count: Count) -> None:
        most = count.most
        at = ROWS_AT + row * ROW
        _ROW.pack_into(self._memory, at, name, count.requests, count.tokens, count.then, most[0], most[1])


def _probed(name: bytes) -> Iterable[int]:
    start = int.from_bytes(name[:8], "little")
    return ((start + step) % ROWS for step in range(PROBES))
