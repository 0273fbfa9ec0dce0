"""A collector that listens on loopback and remembers, and reporters that point at it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from carnet.agent import Agent, Collector, Limits, Naming, Reporter, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KEY = "ck_test_key"
FOUNDING = date(2026, 4, 23)
QUICK = Limits(interval=0.02, backoff=0.02, most_backoff=0.05, timeout=5, flush=5, recheck=0)


@dataclass
class Received:
    """One request that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Taker:
    """What a collector received, and what it answers next."""

    address: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    """Taken one after the other; then 200 with a receipt."""
    came: threading.Condition = field(default_factory=threading.Condition)

    def paths(self) -> list[str]:
        return [one.path for one in self.received]

    def bodies(self, path: str) -> list[bytes]:
        return [one.body for one in self.received if one.path == path]

    def wait(self, number: int, seconds: float = 20) -> list[Received]:
        """So many requests, or what came until the test would time out."""
        with self.came:
            self.came.wait_for(lambda: len(self.received) >= number, seconds)
        return self.received


@contextmanager
def taking() -> Iterator[Taker]:
    """A collector for the time of a test."""
    taker = Taker()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, answer = taker.answers.pop(0) if taker.answers else (200, {}, b'{"receipt": "R-1"}')
            with taker.came:
                taker.received.append(Received(self.path, dict(self.headers), body))
                taker.came.notify_all()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    taker.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield taker
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Ground:
    """One machine: home, project, managed settings, environment, spool."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    def where(self) -> Where:
        for name in ("home", "project", "managed"):
            (self.root / name).mkdir(exist_ok=True, parents=True)
        return Where(self.root / "home", self.root / "project", self.root / "managed", self.environ, self.spool)

    def settings(self, value: object, place: str = "home/.claude/settings.json") -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        return path


def agent(facts: Mapping[str, object] | None = None, naming: Naming | None = None, own: tuple[str, ...] = ()) -> Agent:
    """A program under the rules of the founding page's day."""
    return Agent("tester", "1.2.3", own, naming=naming or Naming(), facts=facts or {}, as_of=FOUNDING)


def reporter(ground: Ground, address: str = "http://127.0.0.1:9", limits: Limits = QUICK, **given: object) -> Reporter:
    """A reporter of that machine."""
    who = given.pop("agent", None) or agent()
    assert isinstance(who, Agent)
    return Reporter(Collector(address, KEY), who, ground.where(), limits, **given)  # type: ignore[arg-type]
