from __future__ import annotations

import pytest

from carnet.gateway import local
from carnet.gateway.incoming import Incoming
from tests.gateway.ground import parted, relaying, request


@pytest.mark.parametrize(("target", "body"), [(b"/healthz", b"ok\n"), (b"/readyz", b"ready\n")])
async def test_this_machine_may_ask_how_it_is(target: bytes, body: bytes) -> None:
    async with relaying() as ground:
        lines, got = parted(await ground.ask(request(b"", target, b"GET")))
        assert (lines[0], got) == (b"HTTP/1.1 200 OK", body)
        assert ground.door.asked == []


async def test_a_head_request_gets_no_body() -> None:
    async with relaying() as ground:
        assert parted(await ground.ask(request(b"", b"/healthz", b"HEAD")))[1] == b""


async def test_a_relay_that_admits_nobody_is_not_ready() -> None:
    async with relaying(admission=None) as ground:
        assert b"503" in parted(await ground.ask(request(b"", b"/readyz", b"GET")))[0][0]


async def test_a_relay_whose_store_is_away_is_not_ready() -> None:
    async with relaying(unready=lambda: "no room") as ground:
        assert b"503" in parted(await ground.ask(request(b"", b"/readyz", b"GET")))[0][0]


async def test_metrics_are_shown_as_prometheus_reads_them() -> None:
    async with relaying() as ground:
        lines, body = parted(await ground.ask(request(b"", b"/metrics", b"GET")))
        assert b"content-type: text/plain; version=0.0.4; charset=utf-8" in lines
        assert b"\ncarnet_relay_connections 1\n" in body


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "", "::ffff:192.0.2.7", "127.0.0.1.evil.test"])
async def test_other_peers_find_nothing_there(peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Incoming.connection_made

    def elsewhere(self: Incoming, transport: object) -> None:
        made(self, transport)  # type: ignore[arg-type]

        self._near = local.is_near(peer)

    monkeypatch.setattr(Incoming, "connection_made", elsewhere)
    async with relaying() as ground:
        for target in (b"/healthz", b"/readyz", b"/metrics"):
            assert parted(await ground.ask(request(b"", target, b"GET")))[0][0] == b"HTTP/1.1 404 Not Found"


async def test_a_post_is_nothing_of_this() -> None:
    async with relaying() as ground:
        assert parted(await ground.ask(request(b"", b"/healthz")))[0][0] == b"HTTP/1.1 404 Not Found"
