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
from tests.gateway.upstream import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def take(self, place: str, now: float) -> Outgoing:
        del place, now
        connection = Outgoing(BOUNDS)
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
    relay = Relay(Upstreams([upstream("http://127.0.0.1:9")], 1.0), _NOBODY, None, desk, bounds=BOUNDS, clock=_still)
    relay.admission = door or Door(admitted("one", recording=Recording.NONE))
    relay.pool = far  # type: ignore[assignment]  # as much of a pool as is asked here
    client, wire = Incoming(relay), Wire()
    client.connection_made(wire)
    for part in split(raw, cuts):
        if not wire.gone:
            client.data_received(part)
    ended = wire.ended
    client.connection_lost(None)
    assert relay.exchanges == set()
    assert relay.connections == set()
    relay.metrics.see()
    counted = relay.metrics.board.numbers()
    return Driven(bytes(wire.written), tuple(far.requests), ended, dict(relay.metrics.faults.counts), dict(counted))


_NOBODY = Dialler(BOUNDS)


def _still() -> float:
    return 1.0


def split(raw: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The parts between the cuts, none of them empty."""
    at = sorted({cut for cut in cuts if 0 < cut < len(raw)})
    return [raw[start:stop] for start, stop in zip([0, *at], [*at, len(raw)], strict=True) if raw[start:stop]]
