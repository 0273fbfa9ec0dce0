"""Short reports answered where they are read: no task, no middleware, no message between the parser and intake.

It is uvicorn's protocol, which goes on to do all that HTTP asks for. A request is held back from the application only
while the bytes that brought its head are being read. Where they bring its body too, intake may answer at once;
whatever takes more, and whatever is not intake's, goes to the application as ever.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from carnet.gateway.intake.app import endpoint_at, headers_of

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from carnet.gateway.intake.app import Front
    from carnet.gateway.intake.contract import Endpoint, Reply


class Straight(HttpToolsProtocol):
    """One connection. Make a class of it with `straight`."""

    front: ClassVar[Front]
    _reading = False
    """Whether bytes are being read at this moment."""
    _held: tuple[RequestResponseCycle, Endpoint] | None = None

    def data_received(self, data: bytes) -> None:
        self._reading = True
        try:
            super().data_received(data)
        finally:
            self._reading = False
            self._go_on()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._held is not None and self._held[0] is self.cycle:
            cycle, endpoint = self._held
            tell = partial(self._tell, cycle)
            if self.front.at_once(endpoint, cycle.scope, bytes(cycle.body), tell):  # type: ignore[arg-type]
                self._held = None
        self._go_on()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._may_hold(cycle, app) and (endpoint := endpoint_at(cycle.scope["path"])) is not None:
            self._held = cycle, endpoint
        else:
            super()._start_asgi_task(cycle, app)

    def _may_hold(self, cycle: RequestResponseCycle, app: Any) -> bool:
        """A client that reads no answers, or asks before it sends, is dealt with by those who know how to wait."""
        return (
            self._reading
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

    def _tell(self, cycle: RequestResponseCycle, reply: Reply) -> None:
        if cycle.disconnected:
            return
        parts = [STATUS_LINE[reply.status]]
        for name, value in (*self.server_state.default_headers, *headers_of(reply)):
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join([*parts, reply.body]))
        if not cycle.keep_alive:
            self.transport.close()
        done, cycle.on_response = cycle.on_response, _nothing
        done()


def _nothing() -> None:
    """Nobody waits for this response any more."""


def straight(front: Front) -> type[Straight]:
    """The protocol of a server whose short reports this front answers."""
    return type("StraightTo", (Straight,), {"front": front})
