"""A whole Carnet of real processes on loopback: an upstream that speaks Messages, a relay, command lines, clients."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.gateway.exchange_record import decoded
from carnet.model.record import Scope
from carnet.records.answers import record_answers
from carnet.records.keyring import Keyring
from carnet.records.reading import show
from tests.conftest import ROOT
from tests.gateway.upstream import COMMENT, DELTA, PING, START, STOP, STREAM, Fake, chunk, plain, running
from tests.journeys.commands import carnet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from carnet.gateway.exchange_record import Known
    from carnet.stores.records_contract import RecordStore
    from tests.gateway.upstream import Script, Turn

CARNET = (sys.executable, "-c", "from carnet.cli.main import main; main()")
CREDENTIAL = "sk-upstream-secret"
EVENTS = (START, PING, DELTA, COMMENT, DELTA, STOP)
ANSWER = (
    b'{"id":"msg_1","type":"message","model":"claude-test-1","content":[{"type":"text","text":"Gr\\u00fc\xc3\x9fe"}],\n'
    b' "stop_reason":"end_turn","usage":{"input_tokens":12,"output_tokens":57}}'
)


async def messages(turn: Turn) -> None:
    """Answers like the Messages API: a stream where one is asked for, else one body."""
    if b'"stream":true' not in turn.got.body:
        await turn.send(plain(ANSWER, b"200 OK", b"request-id: req_1"))
        return
    await turn.send(STREAM)
    for event in EVENTS:
        await turn.send(chunk(event))
        await asyncio.sleep(0.002)
        if b'"slow":true' in turn.got.body:
            while not turn.go.is_set():  # noqa: ASYNC110 - it is set in another thread
                await asyncio.sleep(0.02)
        if b'"vanish":true' in turn.got.body:
            turn.reset()
            return
    await turn.send(b"0\r\n\r\n")


@contextmanager
def upstream(script: Script = messages) -> Iterator[Fake]:
    """An upstream in a thread of its own."""
    ready, found = threading.Event(), list[Fake]()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with running(script) as fake:
            found.append(fake)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@dataclass
class Site:
    """A data folder with its command line, and a relay over it while `serving`."""

    data: Path
    environ: dict[str, str]
    port: int = 0
    pages: int = 0
    server: subprocess.Popen[str] | None = field(default=None)

    def carnet(self, *args: str, status: int = 0) -> str:
        done = carnet(args, self.environ)
        assert done.returncode == status, (args, done.stdout, done.stderr)
        return done.stdout.decode()

    def json(self, *args: str) -> dict[str, list[dict[str, object]]]:
        found: dict[str, list[dict[str, object]]] = json.loads(self.carnet(*args, "--json"))
        return found

    @property
    def pid(self) -> int:
        assert self.server is not None
        return self.server.pid

    def log(self) -> str:
        """What the server has said on standard error."""
        return (self.data.parent / "serve.err").read_text()

    @contextmanager
    def serving(self, *args: str, only: str = "relay", relay: bool = True) -> Iterator[None]:
        log = self.data.parent / "serve.err"
        roles = [*(("--only", only) if only else ()), *(("--relay-port", "0") if relay else ())]
        with log.open("a") as err:
            self.server = subprocess.Popen(
                [*CARNET, "serve", *roles, *args],
                env=self.environ, stdout=subprocess.PIPE, stderr=err, text=True, cwd=ROOT,
            )  # fmt: skip
        try:
            assert self.server.stdout is not None
            told = ""
            while "Stop:" not in told:
                line = self.server.stdout.readline()
                assert line, log.read_text()
                told += line
            self.pages = int(told.partition("Carnet is at http://127.0.0.1:")[2].partition("\n")[0] or 0)
            if relay:
                self.port = int(told.partition("Relay: http://127.0.0.1:")[2].split()[0])
                self.until(lambda: self.ask("HEAD", "/readyz")[0] == 200)
            yield
        finally:
            self.server.terminate()
            self.server.communicate(timeout=30)
        assert self.server.returncode == 0, log.read_text()

    def until(self, true: object, patience: float = 20.0) -> None:
        end = time.monotonic() + patience
        while not (true() if callable(true) else true):
            assert time.monotonic() < end, "it does not come about"
            time.sleep(0.02)

    def ask(
        self, method: str, path: str, key: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            shown = {"x-api-key": key} if key else {}
            connection.request(method, path, body or None, {**shown, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def message(self, key: str, session: str, text: str, *, stream: bool = False, more: str = "") -> tuple[int, bytes]:
        return self.ask("POST", "/v1/messages?beta=true", key, body_of(text, stream=stream, more=more), {
            "content-type": "application/json", "x-claude-code-session-id": session,
        })  # fmt: skip

    def records(self, **scope: str) -> list[dict[str, object]]:
        options = [part for name, value in scope.items() for part in (f"--{name}", value)]
        return self.json("records", "list", *options)["records"]

    def exchange(self, record: object) -> tuple[Known, bytes, bytes]:
        done = carnet(("records", "show", str(record)), self.environ)
        assert done.returncode == 0, done.stderr
        return decoded(done.stdout)


@dataclass(frozen=True)
class Kept:
    """A record of an exchange, and what is in it."""

    row: Mapping[str, object]
    known: Known
    request: bytes
    response: bytes

    @property
    def decided(self) -> tuple[object, object]:
        return self.row["retention"], self.row["training"]


def kept_of(store: RecordStore, session: str) -> list[Kept]:
    """What is kept of a session, oldest first; read in this process, which takes less than a command for each."""
    rows = record_answers(store, Scope(session=session))
    keyring = Keyring(store)
    return [Kept(row, *decoded(show(store, keyring, str(row["id"]), datetime.now(UTC)).data)) for row in rows]


def body_of(text: str, *, stream: bool = False, more: str = "") -> bytes:
    streams = '"stream":true,' if stream else ""
    return f'{{"model":"claude-test-1",{streams}{more} "messages":[{{"role":"user","content":"{text}"}}]}}'.encode()


def site(data: Path, home: Path) -> Site:
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "CARNET_DATA": str(data),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
        "CARNET_RELAY_WORKERS": "2",
        "UPSTREAM_KEY": CREDENTIAL,
    }
    return Site(data, environ)


def children(here: Site) -> list[int]:
    """Processes that the server has started."""
    found = subprocess.run(["pgrep", "-P", str(here.pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]
