"""Short reports answered where they are read: no task, no middleware, no message between the parser and intake.

It is uvicorn's protocol, which goes on to do all that HTTP asks for. A request is held back from the application only
while the bytes that brought its head are being read. Where they bring its body too, intake may answer at once;
whatever takes more, and whatever is not intake's, goes to the application as ever. Where the head is that of the
request before, it is not parsed again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from carnet.accounts.keys import Refusal, presented
from carnet.gateway.intake.app import asked_of, endpoint_at, headers_of
from carnet.gateway.intake.crowding import HEAD_TIME, MOST, Bounded
from carnet.gateway.intake.usual import usual_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from carnet.gateway.intake.app import Front
    from carnet.gateway.intake.contract import Endpoint, Reply
    from carnet.gateway.intake.usual import Usual


class Straight(Bounded):
    """One connection. Make a class of it with `straight`."""

    _reading = b""
    """The bytes that are being read at this moment."""
    _held: tuple[RequestResponseCycle, Endpoint] | None = None
    _between = True
    """Whether what was read last was the end of a request."""
    _usual: Usual | None = None
    _idle_since = 0.0
    """When a report whose head was not parsed was answered last."""

    def data_received(self, data: bytes) -> None:
        if self._between:
            if self._usual is not None and self._as_usual(self._usual, data):
                return
            self._reading = data  # only what begins with a request may be one
        try:
            super().data_received(data)
        finally:
            self._reading = b""
            self._go_on()

    def _as_usual(self, usual: Usual, data: bytes) -> bool:
        """Answer a request whose head is the one before; False: it is to be parsed."""
        body = usual.body_in(data)
        if body is None or self._busy() or self.pipeline or self.flow.write_paused or self.transport.is_closing():
            return False
        before, report = (self.cycle, self._due), Report(self._report_answered)
        self.cycle, self._due = report, None  # type: ignore[assignment]
        if self.front.at_once(usual.endpoint, usual.asked, usual.shown, body, partial(self._tell, report)):
            return True
        self.cycle, self._due = before
        return False

    def _busy(self) -> bool:
        under_way: RequestResponseCycle | None = self.cycle
        return under_way is not None and not under_way.response_complete

    def _report_answered(self) -> None:
        """What uvicorn does after a response, but with one alarm for many of them, which looks at the clock."""
        self._idle_since = self.loop.time()
        self._due = self._idle_since + HEAD_TIME
        if self.pipeline or self.timeout_keep_alive_task is None or self.flow.read_paused:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if not self.transport.is_closing() and (left > 0 or self._busy()):
            self.timeout_keep_alive_task = self.loop.call_later(max(left, 1.0), self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._between = True
        super().on_message_complete()
        if self._held is not None and self._held[0] is self.cycle and self._answered(*self._held):
            self._held = None
        self._go_on()

    def _answered(self, cycle: RequestResponseCycle, endpoint: Endpoint) -> bool:
        scope: Any = cycle.scope
        asked, body = asked_of(scope), bytes(cycle.body)
        shown = presented(list(endpoint.texts(asked)))
        if isinstance(shown, Refusal) or not self.front.takes(secure=self.scheme == "https"):
            return False
        if not self.front.at_once(endpoint, asked, shown, body, partial(self._tell, cycle)):
            return False
        self._usual = usual_of(self._reading, body, endpoint, asked, shown)
        return True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._may_hold(cycle, app) and (endpoint := endpoint_at(cycle.scope["path"])) is not None:
            self._held = cycle, endpoint
        else:
            super()._start_asgi_task(cycle, app)

    def _may_hold(self, cycle: RequestResponseCycle, app: Any) -> bool:
        """A client that reads no answers, or asks before it sends, is dealt with by those who know how to wait."""
        return (
            bool(self._reading)
            and not self._beyond
            and app is self.app
            and cycle is self.cycle
            and cycle.more_body
            and cycle.scope["method"] == "POST"
            and not cycle.waiting_for_100_continue
            and not self.flow.write_paused
        )

    def _go_on(self) -> None:
        """What intake did not answer goes to the application."""
        held, self._held = self._held, None
        if held is not None:
            super()._start_asgi_task(held[0], self.app)

    def _tell(self, cycle: RequestResponseCycle | Report, reply: Reply) -> None:
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        head = HEADS.of(self.server_state.default_headers, reply)
        self.transport.write(b"".join((head, END if cycle.keep_alive else CLOSE, reply.body)))
        if not cycle.keep_alive:
            self.transport.close()
        done, cycle.on_response = cycle.on_response, _nothing
        done()


class Report:
    """A request that uvicorn knows nothing of, as far as it asks the one under way."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "on_response", "response_complete",
                 "response_started")  # fmt: skip

    def __init__(self, on_response: Callable[..., None]) -> None:
        self.disconnected = self.more_body = self.response_complete = self.response_started = False
        self.keep_alive, self.body, self.message_event, self.on_response = True, b"", NOBODY, on_response


class Nobody:
    """Who waits for more of a request that is all there."""

    def set(self) -> None:
        """Nobody does."""


class Heads:
    """The heads of answers as they are, but for the end: the same few are given all day."""

    def __init__(self) -> None:
        self._default: Sequence[tuple[bytes, bytes]] = ()
        self._known: dict[tuple[object, ...], bytes] = {}

    def of(self, default: Sequence[tuple[bytes, bytes]], reply: Reply) -> bytes:
        """The server's own headers are another list whenever they change: with every second."""
        if default is not self._default:
            self._default, self._known = default, {}
        name = reply.status, reply.media, len(reply.body), reply.headers
        found = self._known.get(name)
        if found is None:
            lines = b"".join(b"%b: %b\r\n" % one for one in (*default, *headers_of(reply)))
            found = self._known[name] = STATUS_LINE[reply.status] + lines
        return found


NOBODY, HEADS = Nobody(), Heads()
END, CLOSE = b"\r\n", b"connection: close\r\n\r\n"


def _nothing() -> None:
    """Nobody waits for this response any more."""


def straight(front: Front, most: int = MOST) -> type[Straight]:
    """The protocol of a server whose short reports this front answers, with so many connections at once."""
    return type("StraightTo", (Straight,), {"front": front, "most": most})
