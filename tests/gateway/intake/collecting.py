"""A collector that takes what is forwarded, or does not, and words for sending to it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.accounts.sinks import check_sink
from carnet.gateway.intake import posting
from carnet.gateway.intake.sinks import Sender, one_pass
from carnet.model.sink import FLOWS, Sink
from tests.records.kept import ACME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.gateway.intake.ground import Ground
    from tests.records.kept import Shelf

SECRET = "whsec_" + "QUJD" * 11
SESSION = "5e55" * 8
ENVIRON = {"SINK_KEY": "Bearer let-me-in", "HOOK_SECRET": SECRET}


@dataclass
class Collector:
    """What came, and what is answered: a status, or `endless`, which does not end."""

    port: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    """Path -> status; 200 where it is not there."""
    endless: bool = False
    told: bytes = b"{}"
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self, path: str) -> list[Any]:
        return [msgspec.json.decode(body) for at, _, body in self.got if at == path]

    def deleted(self) -> list[str]:
        """Sessions that were told to be deleted."""
        return [one for body in self.bodies("/hook") for one in body["data"]["sessions"]]

    def sessions(self) -> list[str]:
        """Pseudonyms of what came, in JSON."""
        found = []
        for signal, key in (("logs", "resourceLogs"), ("metrics", "resourceMetrics")):
            for body in self.bodies(f"/v1/{signal}"):
                found += [plain(one["resource"]["attributes"])["carnet.session"] for one in body[key]]
        return found

    def logs(self) -> list[str]:
        """Names of log records that came, in JSON."""
        rows = [row for body in self.bodies("/v1/logs") for one in body["resourceLogs"] for row in one["scopeLogs"]]
        return [log["eventName"] for row in rows for log in row["logRecords"]]


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(collector.answers.get(self.path, 200))
            self.send_header("location", f"{collector.url}/elsewhere")
            self.send_header("content-length", str(1 << 40 if collector.endless else len(collector.told)))
            self.end_headers()
            try:
                while collector.endless:
                    self.wfile.write(bytes(4096))
                self.wfile.write(collector.told)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def sink_at(shelf: Shelf, collector: Collector, name: str = "own", org: str = ACME, **others: Any) -> Sink:
    """A sink of that organisation, added."""
    given = {"flows": FLOWS, "encoding": "json", "headers": (("Authorization", "SINK_KEY"),), **others}
    given = {"webhook": f"{collector.url}/hook", "webhook_key_env": "HOOK_SECRET", **given}
    sink = check_sink(Sink(name, shelf.organisation(org).id, collector.url, shelf.now, **given))
    shelf.store.sinks.add(sink)
    return sink


def passed(shelf: Shelf, sink: Sink, passes: int = 2) -> str:
    """Send and tell so many times; why the last did not get through."""

    async def work() -> str:
        why = ""
        async with posting.session() as client:
            sender = Sender(shelf.store, shelf.keyring, sink, client, lambda: shelf.now, ENVIRON)
            for _ in range(passes):
                _, why = await one_pass(sender)
        return why

    return asyncio.run(work())


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - it happens in another thread, which tells nobody
            await asyncio.sleep(0.02)


def log_of(session: str = SESSION, event: str = "carnet.test", **more: str) -> dict[str, object]:
    """A request of OTLP with one log."""
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in more.items()]
    attributes.append({"key": "session.id", "value": {"stringValue": session}})
    record = {"timeUnixNano": "1775036000000000000", "eventName": event, "attributes": attributes}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def logged(ground: Ground, session: str = SESSION, account: str = "", **more: str) -> None:
    """Report one log over HTTP."""
    who = {"account": account} if account else {}
    answer = ground.post("/v1/logs", log_of(session, **more), headers={"content-type": "application/json"}, **who)
    assert answer.status_code == 200
