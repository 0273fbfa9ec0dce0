"""A listener for gRPC: HTTP/2 by h2, one call a stream. What a client may make us hold is bounded everywhere.

A body is taken from its stream no faster than intake asks for it: nothing of it is read before its key is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from carnet.gateway.intake.contract import Asked, RefusedError, joined
from carnet.gateway.intake.grpc import MEDIA, METHODS, OTHER
from carnet.gateway.server import HANDSHAKE

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import AsyncIterator

    from carnet.gateway.intake.app import Front
    from carnet.gateway.intake.contract import Reply

STREAMS = 100
WINDOW, WINDOW_OF_ALL = 256 << 10, 1 << 20
"""Bytes that a stream, and a connection, may send before any were asked for."""
MOST_HEADERS = 16 << 10
PREFACE, FRAME_HEAD, MOST_FRAME = 24, 9, 16_384
MOST_RESETS = 200
"""Calls that a connection may begin and give up before it is closed."""
MOST_CONNECTIONS = 1000
SILENCE = 300.0
"""Seconds without a byte after which a connection without calls is closed."""
PATIENCE = 30.0
"""Seconds a call's message may take to arrive."""
LAST_CALLS = 5.0
"""Seconds that calls under way have once it is told to end."""
_GOAWAY = b"\x00\x00\x08\x07" + bytes(5)
"""Head of a frame GOAWAY (RFC 9113, 6.8); the last stream that is served and a code follow."""
log = logging.getLogger("carnet.intake")


@dataclass(slots=True)
class Call:
    """One stream."""

    asked: Asked
    arrived: deque[tuple[bytes, int]] = field(default_factory=deque)
    """Pieces of the body, and what each counts for in the flow control."""
    ended: bool = False
    lost: bool = False
    change: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Lengths:
    """Follows the lengths of frames: h2 would gather one of 16 MB before it refuses it."""

    def __init__(self) -> None:
        self._skip = PREFACE
        self._head = b""

    def fit(self, data: bytes) -> bool:
        """Whether no frame that begins in it is longer than we said we take."""
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            part = data[at : at + FRAME_HEAD - len(self._head)]
            self._head, at = self._head + part, at + len(part)
            if len(self._head) == FRAME_HEAD:
                self._skip, self._head = int.from_bytes(self._head[:3], "big"), b""
                if self._skip > MOST_FRAME:
                    return False
        return True


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, front: Front, open_: set[Connection], most: int, *, secure: bool) -> None:
        self._front, self._open, self._most, self._secure = front, open_, most, secure
        config = h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
        self._http = h2.connection.H2Connection(config)
        self._lengths = Lengths()
        self._calls: dict[int, Call] = {}
        self._resets = 0
        self._peer = ""
        self._writable = asyncio.Event()
        self._writable.set()
        self._silent: asyncio.TimerHandle | None = None
        self._leaving = False

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        if len(self._open) >= self._most:
            self._transport.abort()
            return
        self._open.add(self)
        self._http.local_settings = h2.settings.Settings(client=False, initial_values=_SETTINGS)
        self._http.decoder.max_header_list_size = MOST_HEADERS  # from the first call on, not only once it was agreed to
        self._http.initiate_connection()
        self._http.increment_flow_control_window(WINDOW_OF_ALL - 65_535)
        self._flush()
        self._heard()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._open.discard(self)
        if self._silent is not None:
            self._silent.cancel()
        for call in self._calls.values():
            call.lost = True
            call.change.set()
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._heard()
        if not self._lengths.fit(data):
            self._transport.abort()
            return
        try:
            events = self._http.receive_data(data)
        except h2.exceptions.ProtocolError:
            self._flush()
            self._transport.close()
            return
        for event in events:
            self._happened(event)
        self._flush()

    def pause_writing(self) -> None:
        """A client that reads nothing is not read either."""
        self._writable.clear()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._writable.set()
        self._transport.resume_reading()

    def leave(self) -> None:
        """Say that no call is taken any more, and end once those under way have.

        h2 would send nothing after a GOAWAY of its own.
        """
        self._leaving = True
        self._flush()
        self._transport.write(_GOAWAY + self._http.highest_inbound_stream_id.to_bytes(4, "big") + bytes(4))
        if not self._calls:
            self._transport.close()

    def close(self) -> None:
        """Say that no call is taken any more, and end."""
        with suppress(h2.exceptions.ProtocolError):
            self._http.close_connection()
            self._flush()
        self._transport.close()

    # --- what comes in

    def _happened(self, event: object) -> None:
        match event:
            case h2.events.RequestReceived():
                self._begin(event)
            case h2.events.DataReceived():
                self._arrived(event)
            case h2.events.StreamEnded() if event.stream_id in self._calls:
                call = self._calls[event.stream_id]
                call.ended = True
                call.change.set()
            case h2.events.StreamReset():
                self._given_up(event.stream_id or 0)
            case h2.events.ConnectionTerminated():
                self._transport.close()
            case _:
                pass

    def _begin(self, event: h2.events.RequestReceived) -> None:
        if self._leaving:
            self._http.reset_stream(event.stream_id or 0, h2.errors.ErrorCodes.REFUSED_STREAM)
            return
        headers = joined((str(name), str(value)) for name, value in event.headers or ())
        asked = Asked(headers.get(":method", ""), headers.get(":path", ""), {}, headers, self._peer)
        call = self._calls[event.stream_id or 0] = Call(asked)
        call.task = asyncio.get_running_loop().create_task(self._answer(event.stream_id or 0, call))

    def _arrived(self, event: h2.events.DataReceived) -> None:
        call, stream = self._calls.get(event.stream_id or 0), event.stream_id or 0
        counted = event.flow_controlled_length or 0
        if call is None:
            self._taken(stream, counted)
        else:
            call.arrived.append((event.data or b"", counted))
            call.change.set()

    def _given_up(self, stream: int) -> None:
        call = self._calls.get(stream)
        if call is not None:
            call.lost = True
            call.change.set()
        self._resets += 1
        if self._resets > MOST_RESETS:
            with suppress(h2.exceptions.ProtocolError):
                self._http.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            self._flush()
            self._transport.close()

    # --- one call

    async def _answer(self, stream: int, call: Call) -> None:
        try:
            endpoint = METHODS.get(call.asked.path, OTHER)
            if not call.asked.headers.get("content-type", "").startswith(MEDIA):
                reply = OTHER.refuse(call.asked, RefusedError(415, f"The content-type is not {MEDIA}."))
            else:
                reply = await self._front.replied(endpoint, call.asked, self._pieces(stream, call), secure=self._secure)
            if not call.lost:
                await self._reply(stream, reply)
        except Exception as error:  # noqa: BLE001 - the last stop; what came is in no log
            log.error("intake, gRPC: %s", type(error).__name__)  # noqa: TRY400
            self._reset(stream)
        finally:
            del self._calls[stream]
            for _, counted in call.arrived:
                self._taken(stream, counted)
            self._flush()
            if self._leaving and not self._calls:
                self._transport.close()

    async def _pieces(self, stream: int, call: Call) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            while call.arrived:
                data, counted = call.arrived.popleft()
                self._taken(stream, counted)
                self._flush()
                yield data
            if call.ended:
                return
            call.change.clear()
            try:
                await asyncio.wait_for(call.change.wait(), max(0.0, until - loop.time()))
            except TimeoutError:
                raise RefusedError(408, "The message did not arrive in time.") from None
            if call.lost:
                raise RefusedError(408, "The call was given up.")

    async def _reply(self, stream: int, reply: Reply) -> None:
        with suppress(h2.exceptions.ProtocolError):  # the stream or the connection has ended meanwhile
            await self._writable.wait()
            head = [(":status", "200"), ("content-type", MEDIA)]
            trailers = [(name, value) for name, value in reply.headers]
            if not reply.body:
                self._http.send_headers(stream, head + trailers, end_stream=True)
            else:
                self._http.send_headers(stream, head)
                self._http.send_data(stream, reply.body)  # some bytes: every window has room for them
                self._http.send_headers(stream, trailers, end_stream=True)
        self._flush()

    def _reset(self, stream: int) -> None:
        with suppress(h2.exceptions.ProtocolError):
            self._http.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)

    def _taken(self, stream: int, counted: int) -> None:
        """Let the client send as much again."""
        with suppress(h2.exceptions.ProtocolError, KeyError):
            if counted:
                self._http.acknowledge_received_data(counted, stream)

    def _flush(self) -> None:
        data = self._http.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _heard(self) -> None:
        if self._silent is not None:
            self._silent.cancel()
        self._silent = asyncio.get_running_loop().call_later(SILENCE, self._too_silent)

    def _too_silent(self) -> None:
        if self._calls:
            self._heard()
        else:
            self.close()


_SETTINGS = {
    h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS,
    h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
    h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: MOST_HEADERS,
    h2.settings.SettingCodes.MAX_FRAME_SIZE: MOST_FRAME,
    h2.settings.SettingCodes.ENABLE_PUSH: 0,
}


async def serve(
    front: Front,
    bound: socket.socket,
    context: ssl.SSLContext | None,
    stop: asyncio.Event,
    most: int = MOST_CONNECTIONS,
) -> None:
    """Take calls at a socket until told to stop; those under way end first."""
    open_: set[Connection] = set()
    loop = asyncio.get_running_loop()
    handshake = None if context is None else HANDSHAKE
    server = await loop.create_server(
        lambda: Connection(front, open_, most, secure=context is not None),
        sock=bound,
        ssl=context,
        ssl_handshake_timeout=handshake,
    )
    try:
        await stop.wait()
    finally:
        server.close()
        for one in list(open_):
            one.leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALLS):
                while open_:  # noqa: ASYNC110 - connections tell nobody
                    await asyncio.sleep(0.01)
        for one in list(open_):
            one.close()
