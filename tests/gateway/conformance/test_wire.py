from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.conformance.wire import SilentError, Wire
from carnet.gateway.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def hearing(raw: bytes, *, ends: bool = True, patience: float = 5.0) -> AsyncIterator[Wire]:
    """A wire on which these bytes come."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if ends:
            writer.close()
        else:
            await silent.wait()
            writer.close()

    silent = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire = Wire(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1]), patience)
    try:
        yield wire
    finally:
        silent.set()
        wire.close()
        server.close()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_an_answer_is_read_to_its_end_and_the_next_behind_it() -> None:
    one = b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nx-a: 1\r\nX-A: 2\r\ncontent-length: 2\r\n\r\n{}"
    two = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nx-t: 1\r\n\r\n"
    async with hearing(one + two) as wire:
        first, second = await wire.answer(), await wire.answer()
    assert (first.status, first.body, first.whole, first.informed) == (200, b"{}", True, [100])
    assert first.values(b"x-a") == [b"1", b"2"]
    assert (second.body, second.whole, second.trailers) == (b"[]", True, ((b"x-t", b"1"),))


async def test_an_answer_without_its_end_is_not_whole() -> None:
    async with hearing(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n") as wire:
        answer = await wire.answer()
    assert (answer.body, answer.whole) == (b"[]", False)


async def test_one_that_ends_with_its_connection_is() -> None:
    async with hearing(b"HTTP/1.1 200 OK\r\n\r\n[]") as wire:
        answer = await wire.answer()
    assert (answer.body, answer.whole) == (b"[]", True)


async def test_the_answer_to_head_has_no_body() -> None:
    async with hearing(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 404 No\r\n\r\n") as wire:
        assert (await wire.answer(b"HEAD")).body == b""
        assert (await wire.head()).status == 404


async def test_the_next_status_can_be_seen_before_it_is_read() -> None:
    async with hearing(b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as wire:
        assert await wire.informed() == 100
        assert (await wire.answer()).status == 200


async def test_silence_an_end_and_garbage_are_told_apart() -> None:
    async with hearing(b"HTTP/1.1 200", ends=False, patience=0.05) as wire:
        with pytest.raises(SilentError):
            await wire.head()
    async with hearing(b"HTTP/1.1 200") as wire:
        with pytest.raises(EOFError):
            await wire.head()
    async with hearing(b"SSH-2.0-x\r\n\r\n") as wire:
        with pytest.raises(MalformedError):
            await wire.head()
