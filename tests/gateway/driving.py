"""A relay without sockets, tasks and time: bytes of a client go in, what it would answer and send upstream comes out.

Everything happens within one call, so that any split of any bytes can be tried thousands of times.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.gateway.bounds import Bounds
from carnet.gateway.contract import Recording
from carnet.gateway.dialling import Dialler
from carnet.gateway.incoming import Incoming
from carnet.gateway.outgoing import Outgoing
from carnet.gateway.relay import Relay
from carnet.gateway.upstreams import Upstreams
from tests.gateway.ground import Door, admitted, upstream
from tests.gateway.rounding import Gathered, at_once
from tests.gateway.upstream import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.gateway.rounds import Rounds
    from tests.gateway.ground import Desk

BOUNDS = Bounds(body=5_000, head=4_000, headers=40, target=300)
OK = plain(b"{}")


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 1)})
        self.written = bytearray()
        self.ended = self.gone = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "written behind the end"
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.ended = self.gone = True

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self.gone

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@dataclass
class Far:
    """An upstream that answers every request with the same bytes; the relay's pool is full of connections to it."""

    answer: bytes = OK
    cuts: Sequence[int] = ()
    requests: list[bytes] = field(default_factory=list)
    rounds: Rounds = field(default_factory=at_once)

    def take(self, place: str, now: float) -> Outgoing:
        del place, now
        connection = Outgoing(BOUNDS, self.rounds)
        connection.connection_made(Answering(self, connection))
        return connection

    def give(self, place: str, connection: Outgoing, now: float) -> None:
        del place, now
        connection.drop()


class Answering(Wire):
    """The relay's end of a connection to it."""

    def __init__(self, far: Far, connection: Outgoing) -> None:
        super().__init__()
        self._far = far
        self._connection = connection

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._far.requests.append(bytes(data))
        for part in split(self._far.answer, self._far.cuts):
            if not self.gone:
                self._connection.data_received(part)
        self._far.rounds._soon(self._end)  # what a loop has read is taken first

    def _end(self) -> None:
        if not self.gone:
            self._connection.connection_lost(None)


@dataclass(frozen=True)
class Driven:
    """What came of it."""

    answered: bytes
    requests: tuple[bytes, ...]
    """As they would go upstream."""
    ended: bool
    """Nothing more is read of this client."""
    faults: dict[tuple[str, ...], float]
    counted: dict[tuple[str, str], float]


def drive(
    raw: bytes,
    cuts: Sequence[int] = (),
    far: Far | None = None,
    door: Door | None = None,
    desk: Desk | None = None,
) -> Driven:
    """Have a client send these bytes, cut where it is said."""
    far = far or Far()
    relay = relay_of(far, door, desk, at_once())
    client, wire = Incoming(relay), Wire()
    client.connection_made(wire)
    for part in split(raw, cuts):
        if not wire.gone:
            client.data_received(part)
    ended = wire.ended
    client.connection_lost(None)
    _is_over(relay)
    relay.metrics.see()
    counted = relay.metrics.board.numbers()
    return Driven(bytes(wire.written), tuple(far.requests), ended, dict(relay.metrics.faults.counts), dict(counted))


@dataclass(frozen=True)
class Together:
    """What came of several clients."""

    answered: list[bytes]
    requests: list[bytes]


def drive_together(sent: Sequence[tuple[bytes, Sequence[int]]], far: Far, door: Door, desk: Desk) -> Together:
    """Have clients send their bytes, in each round of the loop a part of each."""
    rounds = Gathered()
    relay = relay_of(far, door, desk, rounds)
    clients = [(Incoming(relay), Wire(), split(raw, cuts)) for raw, cuts in sent]
    for client, wire, _ in clients:
        client.connection_made(wire)
    for number in range(max(len(parts) for _, _, parts in clients)):
        for client, wire, parts in clients:
            if number < len(parts) and not wire.gone:
                client.data_received(parts[number])
        rounds.go()
    for client, _, _ in clients:
        client.connection_lost(None)
    _is_over(relay)
    return Together([bytes(wire.written) for _, wire, _ in clients], far.requests)


def relay_of(far: Far, door: Door | None, desk: Desk | None, rounds: Rounds) -> Relay:
    """A relay to that upstream."""
    far.rounds = rounds
    known = Upstreams([upstream("http://127.0.0.1:9")], 1.0)
    relay = Relay(known, _NOBODY, None, desk, bounds=BOUNDS, clock=_still, rounds=rounds)
    relay.admission = door or Door(admitted("one", recording=Recording.NONE))
    relay.pool = far  # type: ignore[assignment]  # as much of a pool as is asked here
    return relay


def _is_over(relay: Relay) -> None:
    assert relay.exchanges == set()
    assert relay.connections == set()


_NOBODY = Dialler(BOUNDS)


def _still() -> float:
    return 1.0


def split(raw: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The parts between the cuts, none of them empty."""
    at = sorted({cut for cut in cuts if 0 < cut < len(raw)})
    return [raw[start:stop] for start, stop in zip([0, *at], [*at, len(raw)], strict=True) if raw[start:stop]]
