"""The listener for gRPC: an unmodified exporter, and clients that mean no good."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from carnet.gateway.intake import http2
from carnet.gateway.intake.app import Front
from carnet.gateway.intake.http2 import Lengths, serve
from tests.gateway.intake.ground import CANARY, Ground, written
from tests.gateway.intake.test_grpc import packed
from tests.gateway.intake.test_otlp import OTHER, _as_proto, log, logs
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store

LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
MESSAGE = json_format.ParseDict(_as_proto(logs(log())), ExportLogsServiceRequest()).SerializeToString()


@asynccontextmanager
async def listening(store: Store, settings: Settings, most: int = 9) -> AsyncIterator[tuple[Ground, int]]:
    shelf = Shelf(store.records).settle()
    front = Front(store, settings, lambda: shelf.now)
    bound, stop = socket.create_server(("127.0.0.1", 0)), asyncio.Event()
    port = bound.getsockname()[1]
    task = asyncio.create_task(serve(front, bound, None, stop, most))
    await asyncio.sleep(0)
    try:
        yield Ground(shelf, None, front), port  # type: ignore[arg-type]
    finally:
        while CLIENTS:
            CLIENTS.pop().writer.transport.abort()
        stop.set()
        await task
        await front.close()


CLIENTS: list[Client] = []


class Client:
    """A client of raw HTTP/2."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        self.flush()
        CLIENTS.append(self)

    @classmethod
    async def to(cls, port: int) -> Client:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def flush(self) -> None:
        self.writer.write(self.http.data_to_send())

    def begin(self, key: str, path: str = LOGS, **headers: str) -> int:
        stream = self.http.get_next_available_stream_id()
        named = {"content-type": "application/grpc", "te": "trailers", "authorization": f"Bearer {key}", **headers}
        pairs = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), *named.items()]
        self.http.send_headers(stream, pairs)
        return stream

    async def events(self) -> list[h2.events.Event]:
        data = await asyncio.wait_for(self.reader.read(65_536), 10)
        found = self.http.receive_data(data) if data else []
        self.flush()
        return found

    async def call(self, key: str, body: bytes, path: str = LOGS, **headers: str) -> dict[str, str]:
        """Headers and trailers of one call."""
        stream = self.begin(key, path, **headers)
        for start in range(0, len(body), 16_000):
            while self.http.local_flow_control_window(stream) < 16_000:
                self.flush()
                await self.events()
            self.http.send_data(stream, body[start : start + 16_000])
        self.http.end_stream(stream)
        self.flush()
        found: dict[str, str] = {}
        while True:
            for event in await self.events():
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    found |= {str(name): str(value) for name, value in event.headers or ()}
                if isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    return found

    async def ends(self) -> bool:
        """Whether the server closes."""
        with suppress(ConnectionError):
            while data := await asyncio.wait_for(self.reader.read(65_536), 10):
                with suppress(h2.exceptions.ProtocolError):
                    self.http.receive_data(data)
        return True


async def test_a_call_is_kept_and_answered_with_its_status(store: Store, settings: Settings, data: Path) -> None:
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        key = ground.key()
        told = await client.call(key, packed(MESSAGE))
        assert (told[":status"], told["grpc-status"]) == ("200", "0")
        told = await client.call(key, packed(MESSAGE, "gzip"), **{"grpc-encoding": "gzip"})
        assert told["grpc-status"] == "0"
        assert [one["signal"] for one in ground.kept("metric")] == ["logs", "logs"]
        assert CANARY.encode() not in written(data)


async def test_many_calls_share_a_connection(store: Store, settings: Settings) -> None:
    async with listening(store, settings) as (ground, port):
        clients = [await Client.to(port) for _ in range(4)]
        key = ground.key()

        async def five(client: Client, number: int) -> None:
            for place in range(5):
                records = logs(log(input_tokens=str(number * 10 + place)))
                message = json_format.ParseDict(_as_proto(records), ExportLogsServiceRequest()).SerializeToString()
                assert (await client.call(key, packed(message)))["grpc-status"] == "0"

        await asyncio.gather(*(five(client, number) for number, client in enumerate(clients)))
        assert len(ground.kept("metric")) == 20


async def test_refusals_are_told_as_grpc_has_them(store: Store, settings: Settings) -> None:
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        key = ground.key()
        assert (await client.call("ck_wrong", packed(MESSAGE)))["grpc-status"] == "16"
        assert (await client.call(key, packed(MESSAGE), "/x.Y/Z"))["grpc-status"] == "12"
        assert (await client.call(key, b"\x00\x00"))["grpc-status"] == "3"
        assert (await client.call(key, packed(b"\xff\xff")))["grpc-status"] == "3"
        assert (await client.call(key, packed(MESSAGE), **{"content-type": "text/plain"}))["grpc-status"] == "12"
        assert (await client.call(key, packed(bytes(300_000))))["grpc-status"] == "3"
        assert ground.kept() == []


async def test_a_message_without_end_is_refused_at_its_bound(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.gateway.intake.http2.METHODS", {LOGS: _small()})
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        assert (await client.call(ground.key(), packed(bytes(150_000))))["grpc-status"] == "3"


def _small() -> object:
    from dataclasses import replace  # noqa: PLC0415

    from carnet.gateway.intake.grpc import METHODS  # noqa: PLC0415

    return replace(METHODS[LOGS], most=100_000)


async def test_a_call_that_drips_is_given_up(store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "PATIENCE", 0.05)
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        stream = client.begin(ground.key())
        client.http.send_data(stream, b"\x00")
        client.flush()
        found: list[h2.events.Event] = []
        while not any(isinstance(one, h2.events.StreamEnded) for one in found):
            found += await client.events()
        headers = [one.headers for one in found if isinstance(one, h2.events.ResponseReceived)]
        assert ("grpc-status", "4") in (headers[0] or ())


async def test_calls_that_are_begun_and_given_up_end_the_connection(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http2, "MOST_RESETS", 20)
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        key = ground.key()
        for _ in range(40):
            client.http.reset_stream(client.begin(key))
            client.flush()
        assert await client.ends()
        other = await Client.to(port)
        assert (await other.call(key, packed(MESSAGE)))["grpc-status"] == "0"


@pytest.mark.parametrize(
    "raw", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 50]
)
async def test_what_is_no_http2_ends_the_connection(store: Store, settings: Settings, raw: bytes) -> None:
    async with listening(store, settings) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        assert await asyncio.wait_for(reader.read(-1), 10) is not None
        writer.close()


async def test_headers_without_end_are_no_call(store: Store, settings: Settings) -> None:
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        await client.events()
        client.http.max_outbound_frame_size = 16_384
        client.begin(ground.key(), **{f"x-{number}": "y" * 1000 for number in range(60)})
        client.flush()
        assert await client.ends()
        assert ground.kept() == []


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(store: Store, settings: Settings) -> None:
    async with listening(store, settings) as (ground, port):
        client = await Client.to(port)
        stream = client.begin(ground.key())
        client.http.send_data(stream, packed(MESSAGE)[:50])
        client.flush()
        await client.events()
        client.writer.transport.abort()
        await asyncio.sleep(0.05)
        assert ground.kept() == []
        assert json.dumps(ground.kept()) == "[]"


def test_lengths_of_frames_are_followed_however_they_arrive() -> None:
    data = b"p" * 24 + b"\x00\x00\x03" + b"h" * 6 + b"abc" + b"\x00\x40\x00" + b"h" * 6 + b"x" * 16_384
    assert Lengths().fit(data)
    slowly = Lengths()
    assert all(slowly.fit(data[at : at + 1]) for at in range(len(data)))
    assert not slowly.fit(b"\x00\x40\x01" + b"h" * 6)


async def test_connections_beyond_the_bound_are_not_taken(store: Store, settings: Settings) -> None:
    async with listening(store, settings, 1) as (_, port):
        first = await Client.to(port)
        await first.events()
        second = await Client.to(port)
        assert await second.ends()


async def test_calls_under_way_end_before_the_listener_and_new_ones_are_told_to_go_elsewhere(
    store: Store, settings: Settings
) -> None:
    shelf = Shelf(store.records).settle()
    front, stop = Front(store, settings, lambda: shelf.now), asyncio.Event()
    bound = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(serve(front, bound, None, stop))
    ground = Ground(shelf, None, front)  # type: ignore[arg-type]
    port = bound.getsockname()[1]
    idle, busy = await Client.to(port), await Client.to(port)
    await idle.call(ground.key(), packed(MESSAGE))
    message = packed(json_format.ParseDict(_as_proto(logs(log(OTHER))), ExportLogsServiceRequest()).SerializeToString())
    first = busy.begin(ground.key())
    busy.http.send_data(first, message[:10])
    busy.flush()
    await asyncio.sleep(0.05)
    stop.set()
    assert await idle.ends()
    while not (told := [one for one in await busy.events() if isinstance(one, h2.events.ConnectionTerminated)]):
        pass
    assert [one.last_stream_id for one in told] == [first]
    assert not serving.done()
    # To h2 as a client a GOAWAY is the end of everything: the rest of the message is a frame of our own making.
    rest = message[10:]
    busy.writer.write(len(rest).to_bytes(3, "big") + b"\x00\x01" + first.to_bytes(4, "big") + rest)
    assert await busy.reader.read()
    await asyncio.wait_for(serving, 10)
    assert len(ground.kept("metric")) == 2
    while CLIENTS:
        CLIENTS.pop().writer.transport.abort()
    await asyncio.sleep(0)
    await front.close()


async def test_a_silent_connection_is_closed(store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "SILENCE", 0.05)
    async with listening(store, settings) as (_, port):
        client = await Client.to(port)
        assert await client.ends()
