"""A tap on loopback: what a client really sends and gets, byte for byte, before anything of ours sees it."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Wire:
    """One connection: what went each way."""

    sent: bytearray = field(default_factory=bytearray)
    got: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Asked:
    """A request of a client and its answer, read by h11, which nothing here is made of."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass
class Tap:
    """Passes connections on to `port`, and keeps what passed."""

    port: int
    wires: list[Wire] = field(default_factory=list)
    _server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    @contextlib.contextmanager
    def open(self) -> Iterator[Tap]:
        """Pass on until the block ends."""
        self._open.append(self._server)
        self._start(self._accept)
        try:
            yield self
        finally:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                thread.join(10)
            for one in self._open:
                one.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        self._threads.append(threading.Thread(target=target, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                relay = socket.create_connection(("127.0.0.1", self.port))
                self._open += client, relay
                self.wires.append(wire := Wire())
                self._start(_pass, client, relay, wire.sent)
                self._start(_pass, relay, client, wire.got)

    def asked(self) -> list[Asked]:
        """Every whole exchange so far."""
        return [one for wire in list(self.wires) for one in exchanges(bytes(wire.sent), bytes(wire.got))]


def _pass(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            kept += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def exchanges(sent: bytes, got: bytes) -> Iterator[Asked]:
    """What passed on one connection, taken apart."""
    ours, theirs = h11.Connection(h11.SERVER), h11.Connection(h11.CLIENT)
    ours.receive_data(sent)
    theirs.receive_data(got)
    while True:
        request, body = _message(ours)
        if not isinstance(request, h11.Request):
            return
        theirs.send(h11.Request(method=request.method, target=request.target, headers=list(request.headers)))
        theirs.send(h11.Data(data=body))
        theirs.send(h11.EndOfMessage())
        response, answer = _message(theirs)
        if not isinstance(response, h11.Response):
            return
        ours.send(h11.Response(status_code=response.status_code, headers=list(response.headers)))
        ours.send(h11.Data(data=answer))
        ours.send(h11.EndOfMessage())
        names = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        method, target = request.method.decode(), request.target.decode()
        yield Asked(method, target, names, body, response.status_code, answer)
        if h11.MUST_CLOSE in (ours.our_state, theirs.our_state) or ours.their_state is h11.CLOSED:
            return
        ours.start_next_cycle()
        theirs.start_next_cycle()


def _message(reader: h11.Connection) -> tuple[h11.Event | None, bytes]:
    head: h11.Event | None = None
    body = bytearray()
    while True:
        try:
            event = reader.next_event()
        except h11.RemoteProtocolError:
            return None, b""  # the connection broke off in the middle
        if isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return head, bytes(body)
        elif not isinstance(event, h11.InformationalResponse):
            return None, b""  # nothing whole follows
