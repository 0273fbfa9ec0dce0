from __future__ import annotations

import asyncio
import socket

import pytest

from carnet.gateway.resetting import reset
from tests.gateway.driving import Wire


async def test_the_peer_sees_a_reset_where_it_would_see_an_end() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as peer:
        peer.settimeout(10)
        accepted, _ = listening.accept()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=accepted)
        transport.write(b"half a resp")
        reset(transport)
        await asyncio.sleep(0.01)
        assert peer.recv(100) == b"half a resp"
        with pytest.raises(ConnectionResetError):
            peer.recv(100)


def test_what_has_no_socket_is_ended_all_the_same() -> None:
    wire = Wire()
    reset(wire)
    assert wire.gone
