"""A relay over a store whose keys are guessed, borrowed, revoked in the middle and mistaken for the vendor's."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.keys import _checksum, make_key
from carnet.accounts.upstreams import add_upstream
from carnet.gateway.making import Making
from carnet.gateway.server import Ending, listen, serve
from carnet.model.upstream import Upstream
from tests.gateway.ground import BOUNDS, Ground, parted
from tests.gateway.upstream import DELTA, START, STOP, STREAM, chunk, plain, running, saying, until
from tests.records.kept import ACME, ANN, PAT, Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from tests.gateway.upstream import Turn

OK = saying(plain(b"{}"))
TOKEN = "sk-ant-oat01-somebodys-own-login-token"


class Attacked:
    """A relay, the shelf it keeps things on, and the means to ask."""

    def __init__(self, shelf: Shelf, ground: Ground) -> None:
        self.shelf = shelf
        self.ground = ground

    def key(self, account: str) -> str:
        return make_key(self.shelf.store.api_keys, self.shelf.account(account), ("relay",), None, "", self.shelf.now)[1]

    async def upstream(self, url: str, name: str = "main", organisation: str = "") -> None:
        owner = self.shelf.organisation(organisation).id if organisation else 0
        one = Upstream(name, "messages", url, "anthropic", self.shelf.now, organisation=owner)
        add_upstream(self.shelf.store.upstreams, one)
        async with asyncio.timeout(20):
            await until(lambda: name in self.ground.relay.upstreams.known)

    async def ask(self, *shown: str, session: str = "s") -> tuple[int, bytes]:
        lines, body = parted(await self.ground.ask(asking(*shown, "connection: close", session=session)))
        return int(lines[0][9:12]), body


def asking(*lines: str, session: str = "s") -> bytes:
    head = ("POST /v1/messages HTTP/1.1", "host: h", f"x-claude-code-session-id: {session}", *lines)
    return "\r\n".join((*head, "content-length: 2", "", "{}")).encode()


@asynccontextmanager
async def attacked(store: Store, settings: Settings) -> AsyncIterator[Attacked]:
    shelf = Shelf(store.records).settle()
    making = Making(store.records, settings, BOUNDS)
    with closing(making):
        relay = making.relay()
        bound, ending = listen("127.0.0.1", 0), Ending()
        serving = asyncio.create_task(serve(relay, [bound], ending, tick=0.02))
        ground = Ground(relay, bound.getsockname()[1], ending, serving, None, None)  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            await until(lambda: not relay.unready)
        try:
            yield Attacked(shelf, ground)
        finally:
            ending.stop.set()
            await serving


async def test_keys_that_are_guessed_are_slowed_down_and_nobody_else_is(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    guesses = [f"ck_{'abcdefgh'[number % 8] * 8}_{number:040}" for number in range(60)]
    async with attacked(store, settings) as here, running(OK) as fake:
        await here.upstream(fake.url)
        ann = here.key(ANN)
        assert (await here.ask(f"x-api-key: {ann}"))[0] == 200
        statuses = [(await here.ask(f"x-api-key: {one}{_checksum(one)}"))[0] for one in guesses]
        assert set(statuses) == {401, 429}
        assert statuses == sorted(statuses), "once it is too much, it stays so"
        assert (await here.ask(f"x-api-key: {ann}"))[0] == 200
        almost = ann[:12] + ("0" if ann[12] != "0" else "1") + ann[13:52]
        assert (await here.ask(f"x-api-key: {almost}{_checksum(almost)}"))[0] in {401, 429}
        assert len(fake.requests) == 2
        assert not any(one in caplog.text + here.ground.relay.metrics.text() for one in guesses)


async def test_a_key_of_another_organisation_reaches_neither_its_upstream_nor_its_records(
    store: Store, settings: Settings
) -> None:
    async with attacked(store, settings) as here, running(OK) as shared, running(OK) as own:
        await here.upstream(shared.url, "shared")
        await here.upstream(own.url, "own", ACME)
        ann, pat = here.key(ANN), here.key(PAT)
        for key in (ann, pat):
            assert (await here.ask(f"authorization: Bearer {key}", session="same"))[0] == 200
        assert (len(own.requests), len(shared.requests)) == (1, 1)
        assert (await here.ask(f"x-api-key: {ann}", f"authorization: Bearer {pat}"))[0] == 401
        assert (await here.ask(f"x-api-key: {ann}", f"x-carnet-account: {PAT}", "x-organization: people"))[0] == 200
        assert len(own.requests) == 2
        by_account = {here.shelf.account(one).id: one for one in (ANN, PAT)}
        assert sorted(by_account[one.session.account] for one in here.shelf.everything()) == [ANN, ANN, PAT]


async def test_a_key_that_is_revoked_in_the_middle_of_a_stream_gets_that_one_and_no_other(
    store: Store, settings: Settings
) -> None:
    go = asyncio.Event()

    async def script(turn: Turn) -> None:
        if turn.got.head.startswith(b"HEAD "):
            await turn.send(plain(b""))
            return
        await turn.send(STREAM, chunk(START))
        await go.wait()
        await turn.send(chunk(DELTA), chunk(STOP), b"0\r\n\r\n")

    async with attacked(store, settings) as here, running(script) as fake:
        await here.upstream(fake.url)
        ann = here.key(ANN)
        client = await here.ground.client()
        await client.send(asking(f"x-api-key: {ann}"))
        await client.until(b"message_start")
        here.shelf.store.api_keys.revoke(ann.split("_")[1], here.shelf.now)
        hello = f"HEAD /api/hello HTTP/1.1\r\nhost: h\r\nx-api-key: {ann}\r\nconnection: close\r\n\r\n".encode()
        async with asyncio.timeout(20):
            while b" 401 " not in await here.ground.ask(hello):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        go.set()
        assert (await client.until(b"0\r\n\r\n")).endswith(STOP + b"\r\n0\r\n\r\n")
        await client.send(asking(f"x-api-key: {ann}"))
        assert (await client.response())[0].startswith(b"HTTP/1.1 401 ")
        client.close()


@pytest.mark.parametrize(
    "shown",
    [
        (f"x-api-key: {TOKEN}",),
        (f"authorization: Bearer {TOKEN}",),
        (f"Authorization: bearer  {TOKEN}",),
        (f"api-key: {TOKEN}",),
        (f"authorization: Bearer {TOKEN}", "x-api-key: KEY"),
        (f"authorization: Basic {TOKEN}", "x-api-key: KEY"),
    ],
)
async def test_a_login_token_of_the_vendors_is_refused_and_stands_nowhere(
    store: Store, settings: Settings, data: Path, caplog: pytest.LogCaptureFixture, shown: tuple[str, ...]
) -> None:
    async with attacked(store, settings) as here, running(OK) as fake:
        await here.upstream(fake.url)
        ann = here.key(ANN)
        status, said = await here.ask(*(one.replace("KEY", ann) for one in shown))
        assert (status, b"login token" in said, TOKEN.encode() in said) == (401, True, False)
        assert fake.requests == []
        assert here.shelf.everything() == []
        assert TOKEN not in caplog.text + here.ground.relay.metrics.text()
    assert _in_the_clear(data, TOKEN.encode()) == []


def _in_the_clear(folder: Path, mark: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]
