"""What keys and organisations have used, counted once for all processes of a relay: rows of the board they share.

A row is found by the hash of whose it is. Of exchanges under way each process writes its own number beside the others',
so that those of a process that dies are given back with its place (board.free), and so it does of requests it lets in
without a lock, until it takes those from what is left.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.board import AT_ONCE, PLACES, ROW, ROWS, ROWS_AT, Board
from carnet.gateway.errors import Refused
from carnet.gateway.limits import Count, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ROW = struct.Struct("<16s5d")
_row_at = _ROW.unpack_from
_NAME = 16
_NOBODY = bytes(_NAME)
PROBES = 64
"""Rows looked at for one name. Where all of them are in use by others, those who used the least lately go."""
SETTLED = 1.0
"""Seconds for which what is left of a row is taken for what it was: what time brings is added then."""
_LATELY = 10.0
"""Seconds after which a row that nobody needs may go to somebody else."""
CROWDED = Refused(503, "too many keys are in use at once to count for this one; try again", "limit", 1)

LATE = Limits(tokens=1)
"""Stands for the limits of what is counted late: what it used is charged, whatever they are."""
_HALVES, _AT_ONCE = ROW // 2, AT_ONCE // 2
Subject = tuple[str, bytes, Limits]
Spot = tuple[bytes, Limits, int, int, int, int]
"""Whose row, under which limits, and where it was: its number, where it begins, and where this process's numbers of it
stand, of requests spent and of exchanges under way.
"""
Held = tuple[Spot, ...]
"""What an exchange holds until it ends."""


class Subjects(msgspec.Struct, gc=False):
    """Who is to be counted."""

    named: tuple[Subject, ...]
    """How a refusal calls them, whose rows, under which limits."""
    held: Held = ()
    """What an exchange of theirs held when they were counted last: their rows are most likely still there."""


class Counting:
    """Counts for the process at one place of a board."""

    def __init__(self, board: Board | None = None, place: int = 0) -> None:
        self._board = board if board is not None else Board.private()
        self._memory = self._board.memory
        self._under_way, self._spent = self._board.under_way, self._board.spent
        self._place = place
        self._places = self._board.places(place)
        self._names: dict[tuple[str, str], bytes] = {}
        self._where: dict[bytes, int] = {}

    def subjects(self, named: Iterable[tuple[str, str, Limits | None]]) -> Subjects:
        """Each (whose, id, limits) that has limits, ready to be counted."""
        return Subjects(
            tuple((whose, self._name(whose, name), limits) for whose, name, limits in named if limits is not None)
        )

    def enter(self, limited: Subjects, now: float) -> Held | Refused:
        """Count a request for each of them, or refuse it and count it for none."""
        if self._soon(limited, now):
            return limited.held
        while (answer := self._entered(limited.named, now)) is None:
            for _, name, _ in limited.named:
                self._where.pop(name, None)
        if not isinstance(answer, Refused):
            limited.held = answer
        return answer

    def _soon(self, limited: Subjects, now: float) -> bool:
        """Count a request without a lock on rows, where enough is left for certain. False: nothing was counted.

        Each process adds what it spends to a number of its own, and looks at the sum only then: of two that take the
        last at the same time, both see it, give it back and go the other way. What time brings is added there too,
        once a second, which is why this way is open to rows that were seen to lately, and why those are not given to
        anybody else.
        """
        spent, under_way, alone, memory = self._spent, self._under_way, self._places[0] == 1, self._memory
        counted, held = 0, limited.held
        if not held:  # where their rows were, as far as this process knows
            held = limited.held = tuple(
                self._spot(name, limits, self._where.get(name, -1)) for _, name, limits in limited.named
            )
        for name, limits, row, start, spent_at, way_at in held:
            if row < 0:
                break
            spent[spent_at] = gone = spent[spent_at] + 1
            under_way[way_at] = at_once = under_way[way_at] + 1
            counted += 1
            if not alone:
                gone, at_once = self._all_spent(row), self._all_under_way(row)
            # read last: what is taken from it is written there before it is taken off the numbers above
            found, requests, tokens, then, most_requests, most_tokens = _row_at(memory, start)
            if (
                found != name
                or not 0 <= now - then < SETTLED
                or most_requests != limits.requests
                or most_tokens != limits.tokens
                or (most_requests and gone > requests)
                or (most_tokens and tokens <= 0)
                or 0 < limits.at_once < at_once
            ):
                break
        else:
            return True
        for spot in held[:counted]:
            self._add(spot[2], -1)
        return False

    def _spot(self, name: bytes, limits: Limits, row: int) -> Spot:
        spent, under_way = row * PLACES + self._place, row * _HALVES + _AT_ONCE + self._place
        return name, limits, row, ROWS_AT + row * ROW, spent, under_way

    def _add(self, row: int, number: int) -> None:
        """Of a request that begins, or one that is not let in after all."""
        self._spent[row * PLACES + self._place] += number
        self._under_way[row * _HALVES + _AT_ONCE + self._place] += number

    def late(self, subjects: Iterable[tuple[str, str]], held: Held) -> Held:
        """Count what began before some of these (whose, id) had a limit. The same `held` where none of them has one."""
        for whose, name in subjects:
            hashed = self._name(whose, name)
            row = None if any(hashed == spot[0] for spot in held) else self._joined(hashed)
            if row is not None:
                held = (*held, self._spot(hashed, LATE, row))
        return held

    def _joined(self, name: bytes) -> int | None:
        """The row, where there is one: whoever first had to obey the limit made it."""
        row = self._where[name] if name in self._where else self._found(name)
        if row is None:
            return None
        self._board.lock(1 + row)
        try:
            if not self._is(row, name):
                return None
            self._under_way[row * _HALVES + _AT_ONCE + self._place] += 1
        finally:
            self._board.unlock(1 + row)
        return row

    def leave(self, held: Held, tokens: int) -> None:
        """Give back the place of an exchange that ended, and charge what it used."""
        numbers = self._under_way
        for name, limits, row, _, _, way_at in held:
            if under_way := numbers[way_at]:  # which keeps the row where it is; 0: this place was taken back meanwhile
                if tokens and limits.tokens:
                    self._charge(row, name, tokens)
                numbers[way_at] = under_way - 1

    def _charge(self, row: int, name: bytes, tokens: int) -> None:
        self._board.lock(1 + row)
        try:
            if self._is(row, name):  # this process's place may have been taken back, and the row been given away
                count = self._read(row)
                count.tokens -= tokens
                self._write(row, name, count)
        finally:
            self._board.unlock(1 + row)

    def _entered(self, limited: Sequence[Subject], now: float) -> Held | Refused | None:
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

    def _counted(self, rows: Sequence[int], limited: Sequence[Subject], now: float) -> Held | Refused | None:
        held: list[Spot] = []
        answer: Refused | None = None
        for row, (whose, name, limits) in zip(rows, limited, strict=True):
            if not self._is(row, name):
                break
            self._add(row, 1)
            held.append(self._spot(name, limits, row))
            answer = self._settled(row, name, limits, now).objection(whose, limits)
            if answer is not None:
                break
        else:
            return tuple(held)
        for spot in held:
            self._add(spot[2], -1)
        return answer

    def _settled(self, row: int, name: bytes, limits: Limits, now: float) -> Count:
        """What is left of a row now, without the request that was added last: written down, with what was spent."""
        count, at = self._read(row), row * PLACES + self._place
        others = self._all_spent(row) - self._spent[at]
        count.requests -= others + self._spent[at] - 1
        count.at_once = self._all_under_way(row) - 1
        count.refill(limits, now)
        left = count.requests
        count.requests += others
        self._write(row, name, count)
        self._spent[at] = 1
        count.requests = left
        return count

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
                    self._write(row, name, Count.full(limits, now, self._all_spent(row)))
                    self._where[name] = row
                    return row
            finally:
                self._board.unlock(1 + row)
        return None

    def _unused(self, row: int, now: float) -> bool:
        count = self._read(row)
        if now - count.then < _LATELY:
            return False
        count.requests -= self._all_spent(row)
        count.at_once = self._all_under_way(row)
        return count.unused(now)

    def _is(self, row: int, name: bytes) -> bool:
        at = ROWS_AT + row * ROW
        return self._memory[at : at + _NAME] == name

    def _all_under_way(self, row: int) -> int:
        at = row * _HALVES + _AT_ONCE
        return sum(self._under_way[at : at + self._places[0]])

    def _all_spent(self, row: int) -> int:
        at = row * PLACES
        return sum(self._spent[at : at + self._places[0]])

    def _read(self, row: int) -> Count:
        """What is left, without what is under way."""
        _, requests, tokens, then, most_requests, most_tokens = _row_at(self._memory, ROWS_AT + row * ROW)
        return Count(requests, tokens, then, (most_requests, most_tokens))

    def _write(self, row: int, name: bytes, count: Count) -> None:
        most = count.most
        at = ROWS_AT + row * ROW
        _ROW.pack_into(self._memory, at, name, count.requests, count.tokens, count.then, most[0], most[1])


def _probed(name: bytes) -> Iterable[int]:
    start = int.from_bytes(name[:8], "little")
    return ((start + step) % ROWS for step in range(PROBES))
