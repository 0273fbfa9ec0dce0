"""What keys and organisations have used, counted once for all processes of a relay: rows of the board they share.

A row is found by the hash of whose it is. Of exchanges under way each process writes its own number beside the others',
so that those of a process that dies are given back with its place (board.free).
"""

from __future__ import annotations

import hashlib
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING

from carnet.gateway.board import AT_ONCE, PLACES, ROWS, Board
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

Held = tuple[tuple[bytes, Limits], ...]
"""What an exchange holds until it ends: whose rows, under which limits."""


class Counting:
    """Counts for the process at one place of a board."""

    def __init__(self, board: Board | None = None, place: int = 0) -> None:
        self._board = board if board is not None else Board.private()
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

    def leave(self, held: Held, tokens: int) -> None:
        """Give back the place of an exchange that ended, and charge what it used."""
        for name, _ in held:
            row = self._where[name] if name in self._where else self._found(name)
            while row is not None:
                with self._board.locked(1 + row):
                    if self._is(row, name):
                        self._left(row, tokens)
                        break
                row = self._found(name)  # somebody else stands there by now

    def _entered(self, limited: Sequence[tuple[str, bytes, Limits]], now: float) -> Held | Refused | None:
        """None where a row was given to somebody else meanwhile."""
        rows = [self._row(name, limits, now) for _, name, limits in limited]
        if None in rows:
            return CROWDED
        placed = [row for row in rows if row is not None]
        with ExitStack() as locks:
            for row in sorted(set(placed)):
                locks.enter_context(self._board.locked(1 + row))
            if not all(self._is(row, name) for row, (_, name, _) in zip(placed, limited, strict=True)):
                return None
            counts = [self._read(row) for row in placed]
            for count, (whose, _, limits) in zip(counts, limited, strict=True):
                count.refill(limits, now)
                if refused := count.objection(whose, limits):
                    return refused
            for row, count, (_, name, _) in zip(placed, counts, limited, strict=True):
                count.requests -= 1
                self._write(row, name, count)
                self._own(row)[0] += 1
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
        if found is None:
            with self._board.locked(0):
                found = self._found(name)
                if found is None:
                    found = self._made(name, limits, now)
        return found

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
        """Under lock 0, so that no two processes make a row for one name."""
        for row in _probed(name):
            with self._board.locked(1 + row):
                if self._is(row, _NOBODY) or self._read(row).unused(now):
                    self._write(row, name, Count.full(limits, now))
                    self._where[name] = row
                    return row
        return None

    def _is(self, row: int, name: bytes) -> bool:
        return self._board.row(row)[:_NAME] == name

    def _read(self, row: int) -> Count:
        held = self._board.row(row)
        _, requests, tokens, then, *most = _ROW.unpack_from(held)
        under_way = sum(held[AT_ONCE : AT_ONCE + 2 * PLACES].cast("H"))
        return Count(requests, tokens, then, (most[0], most[1]), under_way)

    def _write(self, row: int, name: bytes, count: Count) -> None:
        _ROW.pack_into(self._board.row(row), 0, name, count.requests, count.tokens, count.then, *count.most)

    def _left(self, row: int, tokens: int) -> None:
        count, own = self._read(row), self._own(row)
        count.tokens -= tokens
        own[0] = max(own[0] - 1, 0)
        self._write(row, bytes(self._board.row(row)[:_NAME]), count)

    def _own(self, row: int) -> memoryview:
        at = AT_ONCE + 2 * self._place
        return self._board.row(row)[at : at + 2].cast("H")


def _probed(name: bytes) -> Iterable[int]:
    start = int.from_bytes(name[:8], "little")
    return ((start + step) % ROWS for step in range(PROBES))
