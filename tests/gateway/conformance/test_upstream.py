from __future__ import annotations

import asyncio

import pytest

from carnet.gateway.conformance.saying import always, response
from carnet.gateway.conformance.upstream import Arrival, Scene
from tests.gateway.conformance.ground import upstream

OLD, NEW = b"carnet-check-" + b"0" * 16, b"carnet-check-" + b"1" * 16


async def said(port: int, raw: bytes) -> bytes:
    """What comes back until the upstream ends the connection, or for so many bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    writer.write_eof()
    try:
        return await reader.read()
    finally:
        writer.transport.abort()


async def test_what_arrives_is_kept_raw_and_answered_by_the_scene() -> None:
    async with upstream() as (made, port):
        scene = Scene(NEW, always(response(b"{}")))
        made.show(scene)
        back = await said(port, b"POST /a?b HTTP/1.1\r\nX-One:  1 \r\nx-one: 2\r\ncontent-length: 3\r\n\r\nabc")
        assert back.endswith(b"\r\n\r\n{}")
        (arrival,) = scene.arrivals
        assert (arrival.method, arrival.target, arrival.body) == (b"POST", b"/a?b", b"abc")
        assert arrival.values(b"X-ONE") == [b"1", b"2"]
        assert b"X-One:  1 " in arrival.head


async def test_what_comes_late_belongs_to_its_own_scene() -> None:
    async with upstream() as (made, port):
        old, new = Scene(OLD, always(response(b"old"))), Scene(NEW, always(response(b"new")))
        made.show(old)
        made.show(new)
        assert (await said(port, b"POST / HTTP/1.1\r\ncontent-length: 29\r\n\r\n" + OLD)).endswith(b"old")
        assert (len(old.arrivals), len(new.arrivals), len(made.arrivals)) == (1, 0, 1)


async def test_a_second_request_on_one_connection_is_seen_behind_a_body_in_chunks() -> None:
    async with upstream() as (made, port):
        made.show(Scene(NEW, always(response(b"{}"))))
        first = b"POST /1 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        await said(port, first + b"GET /2 HTTP/1.1\r\n\r\n")
        assert [(one.target, one.body) for one in made.arrivals] == [(b"/1", b"abc"), (b"/2", b"")]


@pytest.mark.parametrize("body", [b"+3\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n"])
async def test_a_body_that_is_no_sound_one_is_kept_as_such_and_not_answered(body: bytes) -> None:
    async with upstream() as (made, port):
        made.show(Scene(NEW, always(response(b"{}"))))
        assert await said(port, b"POST /1 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + body) == b""
        assert [one.sound for one in made.arrivals] == [False]


async def test_without_a_scene_nothing_is_answered() -> None:
    async with upstream() as (made, port):
        assert await said(port, b"GET / HTTP/1.1\r\n\r\n") == b""
        assert made.arrivals == [Arrival(b"GET / HTTP/1.1", b"")]


async def test_heads_with_bare_line_ends_are_seen_too() -> None:
    async with upstream() as (made, port):
        made.show(Scene(NEW, always(response(b"{}"))))
        await said(port, b"GET /1 HTTP/1.1\nhost: x\n\n")
        assert made.arrivals[0].head == b"GET /1 HTTP/1.1\nhost: x"
