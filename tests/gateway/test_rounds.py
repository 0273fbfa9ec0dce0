"""What is read in one round is gone through together, and it makes no difference to anybody."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway import rounds as module
from carnet.gateway.bounds import Bounds
from carnet.gateway.contract import Recording
from carnet.gateway.incoming import Incoming
from carnet.gateway.outgoing import Outgoing
from carnet.gateway.rounds import Rounds
from tests.gateway.driving import Far, Wire, drive, drive_together, relay_of
from tests.gateway.ground import Desk, admitted, request
from tests.gateway.rounding import Gathered, fail
from tests.gateway.test_familiar import REQUESTS, Remembering, each
from tests.gateway.test_outgoing import Heard
from tests.gateway.upstream import STREAM, chunk, plain

if TYPE_CHECKING:
    from collections.abc import Callable

Log = list[tuple[str, bytes]]


class Logged(Wire):
    """A transport that says when it was written to."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if data == b"unwritable":
            raise OSError(data)
        super().write(data)
        self.log.append(("written", bytes(data)))


@dataclass
class Echo:
    """A connection that gives back what it takes, in a step of its own."""

    rounds: Rounds
    log: Log = field(default_factory=list)
    transport: Logged = field(init=False)

    def __post_init__(self) -> None:
        self.transport = Logged(self.log)

    def take(self, data: bytes) -> None:
        if data == b"untakable":
            raise ValueError(data)
        self.log.append(("taken", data))
        self.rounds.then(self, self.step, data)

    def broken(self) -> None:
        self.transport.abort()

    def step(self, data: bytes) -> None:
        if data == b"undoable":
            raise ValueError(data)
        self.log.append(("done", data))
        self.rounds.write(self.transport, data)


def echoes(rounds: Rounds, number: int) -> list[Echo]:
    """Connections with one log."""
    log: Log = []
    return [Echo(rounds, log) for _ in range(number)]


def test_all_is_taken_then_all_is_done_then_all_is_written() -> None:
    rounds = Gathered()
    one, other, third = echoes(rounds, 3)
    for echo, data in ((one, b"a"), (other, b"b"), (third, b"c")):
        rounds.read(echo, data)
    assert one.log == []
    rounds.go()
    assert one.log == [(what, data) for what in ("taken", "done", "written") for data in (b"a", b"b", b"c")]


@pytest.mark.parametrize(("bad", "left"), [(b"untakable", 0), (b"undoable", 1), (b"unwritable", 2)])
@pytest.mark.parametrize("first", range(3))
def test_one_that_breaks_breaks_no_other(bad: bytes, left: int, first: int) -> None:
    faults: list[tuple[str, str]] = []
    rounds = Gathered(lambda where, error: faults.append((where, type(error).__name__)))
    three = echoes(rounds, 3)
    for number, echo in enumerate(three):
        rounds.read(echo, bad if number == first else b"a")
    rounds.go()
    assert [where for where, _ in faults] == ["connection"]
    assert [bytes(echo.transport.written) for echo in three] == [b"" if n == first else b"a" for n in range(3)]
    assert [echo.transport.gone for echo in three] == [number == first for number in range(3)]
    assert len([what for what, data in three[0].log if data == bad]) == left
    for echo in three[first:] + three[:first]:
        rounds.read(echo, b"b")
    rounds.go()
    assert [bytes(echo.transport.written) for echo in three] == [b"" if n == first else b"ab" for n in range(3)]


def test_one_that_cannot_even_be_ended_holds_up_no_other() -> None:
    faults: list[str] = []
    rounds = Gathered(lambda _, error: faults.append(type(error).__name__))
    one, other = echoes(rounds, 2)
    object.__delattr__(one, "transport")
    rounds.read(one, b"a")
    rounds.read(other, b"b")
    rounds.go()
    assert faults == ["AttributeError"] * 2
    assert other.transport.written == b"b"


def test_a_large_read_waits_for_no_others_and_comes_behind_those_before_it() -> None:
    rounds = Gathered()
    one, other = echoes(rounds, 2)
    rounds.read(one, b"a")
    rounds.read(one, b"b" * (module.LARGE + 1))
    assert one.transport.written == b"a" + b"b" * (module.LARGE + 1)
    rounds.go()
    rounds.read(other, b"c")
    rounds.go()
    assert other.transport.written == b"c"


def test_only_so_many_reads_wait_for_each_other() -> None:
    rounds = Gathered()
    (one,) = echoes(rounds, 1)
    for _ in range(module.MOST - 1):
        rounds.read(one, b"a")
    assert one.log == []
    rounds.read(one, b"a")
    assert one.transport.written == b"a" * module.MOST


def test_after_a_round_of_few_reads_are_taken_as_they_come_for_a_while() -> None:
    waiting: list[Callable[[], None]] = []
    rounds = Rounds(fail, waiting.append)
    (one,) = echoes(rounds, 1)

    def taken_apart() -> int:
        rounds.read(one, b"x")
        waiting.pop()()
        one.log.clear()
        while not waiting:
            rounds.read(one, b"x")
        return len(one.log) // 3

    assert [taken_apart() for _ in range(4)] == [16, 32, 64, 64]
    for _ in range(module.FEW):
        rounds.read(one, b"x")
    waiting.pop()()
    assert taken_apart() == 16, "a round of several begins anew"


def test_what_is_flushed_is_written_before_what_follows() -> None:
    rounds = Gathered()
    wire = Wire()

    def ends() -> None:
        rounds.write(wire, b"the answer")
        rounds.flush()
        wire.close()
        rounds.write(wire, b"never")

    rounds.together(ends)
    assert wire.written == b"the answer"


def test_what_breaks_in_between_leaves_nothing_unwritten() -> None:
    rounds = Gathered()
    wire = Wire()

    def breaks() -> None:
        rounds.write(wire, b"before")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rounds.together(breaks)
    with pytest.raises(KeyboardInterrupt):
        rounds.together(lambda: rounds.then(None, breaks))
    rounds.write(wire, b", behind")
    assert wire.written == b"before, behind"
    rounds.flush()
    assert wire.written == b"before, behindbefore"


async def test_a_loop_goes_through_what_it_has_read() -> None:
    rounds = Rounds(fail)
    one, other, third = echoes(rounds, 3)
    for echo in (one, other, third):
        rounds.read(echo, b"a")
    assert one.log == []
    await asyncio.sleep(0)
    assert [what for what, _ in one.log] == ["taken"] * 3 + ["done"] * 3 + ["written"] * 3


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=3), st.booleans()), max_size=200))
def test_of_each_connection_the_order_is_kept(reads: list[tuple[int, bytes, bool]]) -> None:
    rounds = Gathered()
    four = echoes(rounds, 4)
    whole: dict[int, bytes] = defaultdict(bytes)
    for number, data, ends in reads:
        rounds.read(four[number], data)
        whole[number] += data
        if ends:
            rounds.go()
    rounds.go()
    assert [bytes(echo.transport.written) for echo in four] == [whole[number] for number in range(4)]


@pytest.mark.parametrize("leave", [Incoming.retire, Incoming.cut, Incoming.reset, Incoming.expire])
def test_what_a_client_sends_in_the_moment_it_is_let_go_is_not_looked_at(leave: Callable[[Incoming], None]) -> None:
    far, rounds = Far(), Gathered()
    relay = relay_of(far, None, None, rounds)
    client, wire = Incoming(relay), Wire()
    client.connection_made(wire)
    client.data_received(request(b"{}", b"/v1/messages", b"POST", close=False))
    leave(client)
    rounds.go()
    client.connection_lost(None)
    assert wire.gone
    assert not wire.written
    assert not far.requests
    assert not relay.exchanges


def test_an_event_of_a_stream_does_not_wait_for_a_round() -> None:
    rounds = Gathered()
    connection, wire, heard = Outgoing(Bounds(), rounds), Wire(), Heard()
    connection.connection_made(wire)
    connection.ask(heard, b"POST", b"POST / HTTP/1.1\r\n\r\n")
    connection.data_received(STREAM + chunk(b"first"))
    assert heard.head is None
    rounds.go()
    connection.data_received(chunk(b"second"))
    assert heard.payload == b"firstsecond"


class Refusing(Heard):
    """Breaks on whatever it is given."""

    def received(self, *_: object) -> None:
        raise ValueError


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\n\r\na", plain(b"whole")])
def test_a_response_on_which_we_break_is_lost_and_not_over(first: bytes) -> None:
    rounds = Gathered(lambda *_: None)
    connection, wire, heard = Outgoing(Bounds(), rounds), Wire(), Refusing()
    connection.connection_made(wire)
    connection.ask(heard, b"POST", b"POST / HTTP/1.1\r\n\r\n")
    connection.data_received(first)
    rounds.go()
    connection.connection_lost(None)
    assert wire.gone
    assert heard.end == "lost"


def test_an_idle_connection_that_speaks_is_ended_before_anybody_asks_on_it() -> None:
    rounds = Gathered()
    connection, wire = Outgoing(Bounds(), rounds), Wire()
    connection.connection_made(wire)
    connection.data_received(plain(b"408"))
    assert wire.gone
    assert not connection.usable


def test_what_a_client_sent_before_its_end_is_answered_before_it() -> None:
    far, rounds = Far(), Gathered()
    client, wire = Incoming(relay_of(far, None, None, rounds)), Wire()
    client.connection_made(wire)
    client.data_received(request(b"", b"/nowhere", b"GET", close=False))
    client.eof_received()
    assert wire.written.startswith(b"HTTP/1.1 404")


def test_a_refusal_is_not_written_behind_its_round() -> None:
    far, rounds = Far(), Gathered()
    client, wire = Incoming(relay_of(far, None, None, rounds)), Wire()
    client.connection_made(wire)
    seen: list[bytes] = []
    rounds.read(client, request(b"", b"/nowhere", b"GET", close=False))
    rounds.read(Looking(lambda: seen.append(bytes(wire.written))), b"x")
    rounds.go()
    assert seen[0].startswith(b"HTTP/1.1 404")


@dataclass
class Looking:
    """A connection that looks about when it is read."""

    look: Callable[[], None]

    def take(self, data: bytes) -> None:
        assert data
        self.look()

    def broken(self) -> None:
        raise AssertionError


ANSWERS = (
    plain(b"{}"),
    plain(b"a" * 2000),
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na",
    b"garbage\r\n\r\n",
)


@given(
    st.lists(st.lists(REQUESTS, max_size=4), min_size=1, max_size=4),
    st.lists(st.integers(0, 2000), max_size=3),
    st.sampled_from(ANSWERS),
    st.lists(st.integers(0, 120), max_size=2),
    st.sampled_from((Recording.NONE, Recording.REQUIRED)),
)
def test_clients_read_together_get_what_each_gets_alone(
    clients: list[list[bytes]], more: list[int], answer: bytes, split: list[int], recording: Recording
) -> None:
    whose = admitted("one", recording=recording)
    sent = [each(parts) for parts in clients]
    cut = [(raw, [*cuts, *more]) for raw, cuts in sent]
    alone = [drive(raw, cuts, Far(answer, split), Remembering(whose), Desk()) for raw, cuts in cut]
    together = drive_together(cut, Far(answer, split), Remembering(whose), Desk())
    assert together.answered == [one.answered for one in alone]
    assert sorted(together.requests) == sorted(asked for one in alone for asked in one.requests)
