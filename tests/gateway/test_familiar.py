"""A head that comes again leads to the same as on the long way, to the byte; what is unusual takes the long way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway import familiar as module
from carnet.gateway.contract import Recording
from carnet.gateway.errors import Refused
from carnet.gateway.familiar import Familiar
from carnet.gateway.limits import Limits
from carnet.gateway.recorded_exchange import RecordedExchange
from tests.gateway.driving import OK, Far, drive
from tests.gateway.ground import KEY, SECRET, Desk, Door, Memory, admitted, request
from tests.gateway.upstream import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carnet.gateway.contract import Admitted, Asked
    from carnet.gateway.plain_exchange import PlainExchange
    from tests.gateway.driving import Driven

REFUSED = b"no such bytes"
MESSAGE = b'{"type":"message","model":"m-1","stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":5}}'


@dataclass
class Sure:
    """A standing that holds, for bodies without those bytes."""

    hold: bool = True

    def holds(self, at: float) -> bool:
        assert at == 1.0
        return self.hold

    def covers(self, body: bytes) -> bool:
        return REFUSED not in body and b"not sure" not in body


@dataclass
class Forgetful(Door):
    """Admits, and remembers nothing."""

    def judge(self, admitted: Admitted, asked: Asked, body: bytes) -> Refused | None:
        assert asked.head.path
        assert admitted is self.admitted
        return Refused(403, "not under your terms") if REFUSED in body else None


@dataclass
class Remembering(Forgetful):
    """Knows what comes again."""

    sure: Sure = field(default_factory=Sure)

    def standing(self, asked: Asked, admitted: Admitted) -> Sure:  # type: ignore[override]  # a Door knows nothing
        assert asked.format.shown(asked.head) == (KEY,)
        assert admitted is self.admitted
        return self.sure


class Full(Desk):
    """Has no room."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Memory | Refused | None:
        del asked, body
        return Refused(529, "full", "no-room") if admitted.recording is Recording.REQUIRED else None


class Torn(Desk):
    """Its taps break as soon as there is something to keep."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Memory | Refused | None:
        super().begin(admitted, asked, body)
        self.taps[-1].room = cast("int", None)
        return self.taps[-1]


class Narrow(Desk):
    """Has little room for the third answer."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Memory | Refused | None:
        self.room = 50 if len(self.taps) == 2 else 1000
        return super().begin(admitted, asked, body)


class Broken(Desk):
    """Makes no tap."""

    def begin(self, admitted: Admitted, asked: Asked, body: bytes) -> Memory | Refused | None:
        del admitted, asked, body
        raise OSError("the disk is full")


DESKS = (Desk, Narrow, Full, Torn, Broken)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[PlainExchange]:
    """The exchanges that took the short way."""
    return watched(monkeypatch)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[PlainExchange]:
    found: list[PlainExchange] = []
    begun = Familiar.begun

    def seen(self: Familiar, *given: object) -> object:
        begins = begun(self, *given)  # type: ignore[arg-type]
        if begins is not None:
            found.append(begins[0])
        return begins

    monkeypatch.setattr(Familiar, "begun", seen)
    return found


def ask(body: bytes, *lines: bytes) -> bytes:
    return request(body, b"/v1/messages?beta=true", b"POST", *lines, close=False)


def each(parts: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """Requests as they are read one by one."""
    cuts, at = [], 0
    for part in parts:
        at += len(part)
        cuts.append(at)
    return b"".join(parts), cuts


def test_the_third_request_with_a_head_takes_the_short_way(short: list[PlainExchange]) -> None:
    raw, cuts = each([ask(b"{}"), ask(b'{"a":1}'), ask(b'{"a":"%b"}' % (b"b" * 900)), ask(b"{}")])
    driven = drive(raw, cuts, door=Remembering(admitted("one", recording=Recording.NONE)))
    assert len(short) == 2
    assert driven.answered == OK * 4
    assert driven == drive(raw, cuts, door=Forgetful(admitted("one", recording=Recording.NONE)))
    assert [one.partition(b"\r\n\r\n")[2][:8] for one in driven.requests] == [b"{}", b'{"a":1}', b'{"a":"bb', b"{}"]


@pytest.mark.parametrize("makes", DESKS)
def test_what_is_recorded_takes_the_short_way_too(makes: Callable[[], Desk], short: list[PlainExchange]) -> None:
    whose = admitted("one", recording=Recording.REQUIRED)
    bodies = [b'{"a":"%b"}' % (b"b" * size) for size in range(95, 105)]
    bodies[5:7] = REFUSED, b"not sure"
    raw, cuts = each([ask(one, b"x-claude-code-session-id: s-1") for one in bodies])
    answer = plain(MESSAGE)
    short_desk, long_desk = makes(), makes()
    driven = drive(raw, cuts, Far(answer), Remembering(whose), short_desk)
    assert [type(one) for one in short] == [RecordedExchange] * len(short)
    assert len(short) == (1 if makes is Narrow else 8), "whose answer is broken off is let go"
    assert driven == drive(raw, cuts, Far(answer), Forgetful(whose), long_desk)
    assert _told(short_desk) == _told(long_desk)


def _told(desk: Desk) -> object:
    return [(one.body, one.upstream, one.head and one.head.raw, one.chunks, one.ends) for one in desk.taps]


def test_what_is_remembered_holds_no_key() -> None:
    door = Remembering(admitted("one", recording=Recording.NONE))
    kept: list[Familiar] = []
    see = Familiar.see

    def seen(self: Familiar, *given: object) -> None:
        kept.append(self)
        see(self, *given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Familiar, "see", seen)
        drive(*each([ask(b"{}")] * 3), door=door)
    (remembered,) = kept[-1]._heads.values()
    assert remembered is not None
    assert KEY not in repr(remembered.asked).encode()
    assert KEY not in remembered.before + remembered.after
    assert SECRET in remembered.before + remembered.after
    assert not any(KEY in mark for mark in kept[-1]._heads)


def test_a_standing_that_no_longer_holds_leads_back_to_the_door(short: list[PlainExchange]) -> None:
    door = Remembering(admitted("one", recording=Recording.NONE), sure=Sure(hold=False))
    drive(*each([ask(b"{}")] * 5), door=door)
    assert short == []
    assert len(door.asked) == 5


def test_a_limit_that_is_reached_refuses_on_the_long_way(short: list[PlainExchange]) -> None:
    whose = admitted("one", recording=Recording.NONE)
    object.__setattr__(whose, "key_limits", Limits(requests=4))
    raw, cuts = each([ask(b"{}")] * 6)
    driven = drive(raw, cuts, door=Remembering(whose))
    assert len(short) == 2
    assert driven.answered.count(b"HTTP/1.1 429") == 2
    assert driven == drive(raw, cuts, door=Forgetful(whose))


@pytest.mark.parametrize(
    "unusual",
    [
        ask(b"{}", b"Connection: close"),
        ask(b"{}", b"Expect: 100-continue"),
        ask(b"{}", b"Cookie: a=b"),
        ask(b"{}").replace(b"content-length: 2", b"content-length:2"),
        ask(b"{}").replace(b"content-length: 2", b"content-length: 2 "),
        ask(b"{}").replace(b"content-length: 2", b"CONTENT-LENGTH: 2"),
        ask(b"{}").replace(b"content-length: 2\r\n\r\n{}", b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ask(b"{}").replace(b"POST", b"POST ", 1),
        request(b"", b"/v1/models", b"GET", close=False),
    ],
)
def test_what_is_unusual_takes_the_long_way(unusual: bytes, short: list[PlainExchange]) -> None:
    raw, cuts = each([unusual] * 4)
    driven = drive(raw, cuts, door=Remembering(admitted("one", recording=Recording.NONE)))
    assert short == []
    assert driven == drive(raw, cuts, door=Forgetful(admitted("one", recording=Recording.NONE)))


def test_nothing_is_taken_for_the_length_that_is_not(short: list[PlainExchange]) -> None:
    """Digits elsewhere, of a header that only looks like it, are never cut out."""
    heads = [ask(b"{}", b"x-a: a content-length: %d" % number) for number in range(6)]
    drive(*each(heads), door=Remembering(admitted("one", recording=Recording.NONE)))
    assert short == []


def test_a_head_with_another_key_is_another_head(short: list[PlainExchange]) -> None:
    other = ask(b"{}").replace(KEY, b"another-key")
    driven = drive(*each([*[ask(b"{}")] * 3, other]), door=Remembering(admitted("one", recording=Recording.NONE)))
    assert len(short) == 1
    assert driven.answered.startswith(OK * 3 + b"HTTP/1.1 401")


def test_only_so_many_heads_are_remembered(monkeypatch: pytest.MonkeyPatch, short: list[PlainExchange]) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    heads = [ask(b"{}", b"x-n: %d" % number) for number in range(4)]
    drive(*each(heads * 4), door=Remembering(admitted("one", recording=Recording.NONE)))
    assert short == []


HEADS: tuple[tuple[bytes, ...], ...] = (
    (), (b"x-claude-code-session-id: s-1",), (b"x-claude-code-session-id: s-2",), (b"Connection: keep-alive",),
    (b"Connection: x-a, keep-alive", b"x-a: b"), (b"X-Api-Key: ",), (b"Expect: 100-continue",), (b"Connection: close",),
    (b"content-length: 2",), (b"x-a: content-length: 7",), (b"anthropic-beta: a,b",), (b"x-b: \xe9",), (b"bad line",),
)  # fmt: skip
BODIES = (b"{}", b'{"model":"m"}', b"x" * 600, REFUSED, b"not sure " * 3, b"y" * 5001)
EVENTS = (
    b'event: message_start\ndata: {"type":"message_start","message":{"model":"m-2","usage":{"input_tokens":3}}}\n\n'
)
ANSWERS = (
    OK,
    plain(MESSAGE),
    plain(MESSAGE, b"200 OK", b"Content-Type:  Application/JSON ; a=b", b"content-encoding: gzip"),
    plain(MESSAGE, b"200 OK", b"content-type: text/plain", b"content-type: application/json"),
    plain(b'{"usage":'),
    plain(EVENTS * 2, b"200 OK", b"content-type: text/event-stream"),
    plain(b"a" * 2000),
    plain(b""),
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 529 Busy\r\nconnection: keep-alive\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na",
    b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na",
    b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na",
    b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    b"garbage\r\n\r\n",
)
REQUESTS = st.builds(
    lambda lines, body, case, chunked: _written(ask(body, *lines), body, case=case, chunked=chunked),
    st.sampled_from(HEADS), st.sampled_from(BODIES), st.booleans(), st.sampled_from((False, False, False, True)),
)  # fmt: skip


def _written(raw: bytes, body: bytes, *, case: bool, chunked: bool) -> bytes:
    if case:
        raw = raw.replace(b"content-length: ", b"Content-Length: ")
    if not chunked:
        return raw
    head = (
        raw.partition(b"\r\n\r\n")[0].lower().replace(b"content-length: %d" % len(body), b"transfer-encoding: chunked")
    )
    return b"POST" + head[4:].replace(b"http/1.1", b"HTTP/1.1") + b"\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@given(
    st.lists(REQUESTS, min_size=1, max_size=4).flatmap(lambda some: st.lists(st.sampled_from(some), max_size=10)),
    st.lists(st.integers(0, 4000), max_size=4),
    st.sampled_from(ANSWERS),
    st.lists(st.integers(0, 120), max_size=2),
    st.sampled_from((Recording.NONE, Recording.REQUIRED, Recording.REQUIRED, Recording.WANTED)),
    st.sampled_from((None, Limits(requests=5), Limits(tokens=9), Limits(at_once=1))),
    st.sampled_from((*DESKS, Desk, Desk, Desk)),
)
def test_both_ways_lead_to_the_same(
    parts: list[bytes],
    more: list[int],
    answer: bytes,
    split: list[int],
    recording: Recording,
    limits: Limits | None,
    makes: Callable[[], Desk],
) -> None:
    raw, cuts = each(parts)
    whose = admitted("one", recording=recording)
    object.__setattr__(whose, "key_limits", limits)

    def way(door: Door) -> tuple[Driven, object]:
        desk = makes()
        driven = drive(raw, [*cuts, *more], Far(answer, split), door, desk)
        return driven, _told(desk)

    assert way(Remembering(whose)) == way(Forgetful(whose))
