"""A restart that no client sees: new settings and new processes, streams that go on, and not one connection refused."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]
import pytest

from carnet.errors import BusyError
from carnet.stores.embedded.roles import role
from tests.journeys.relaying import Site, body_of, children, site, upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.upstream import Fake

ANN = "ann@acme.test"
EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with upstream() as found:
        yield found


@pytest.fixture
def here(data: Path, home: Path, fake: Fake) -> Site:
    made = site(data, home)
    made.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
    made.carnet("account", "add", ANN, "--org", "Acme")
    made.carnet("upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY")
    return made


class Client(threading.Thread):
    """Sends one request after the other, each on a new connection or all on one, and counts what went wrong."""

    def __init__(self, here: Site, key: str, *, keeps: bool) -> None:
        super().__init__(daemon=True)
        self.here, self.key, self.keeps = here, key, keeps
        self.sent = 0
        self.faults: list[str] = []
        self.going = True

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.here.port, timeout=60)
        with closing(connection):
            while self.going:
                try:
                    self._one(connection)
                except (OSError, http.client.HTTPException) as error:
                    self.faults.append(repr(error))
                    connection.close()

    def _one(self, connection: http.client.HTTPConnection) -> None:
        connection.request("POST", "/v1/messages", body_of("x"), {
            "x-api-key": self.key, "x-claude-code-session-id": f"s-{self.keeps}"
        })  # fmt: skip
        answer = connection.getresponse()
        answer.read()
        self.sent += 1
        if answer.status != 200:
            self.faults.append(str(answer.status))
        if not self.keeps:
            connection.close()


class Stream(threading.Thread):
    """One long stream, read to its end."""

    def __init__(self, here: Site, key: str) -> None:
        super().__init__(daemon=True)
        self.here, self.key = here, key
        self.whole = b""

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.here.port, timeout=120)) as connection:
            connection.request("POST", "/v1/messages", body_of("x", stream=True, more='"slow":true,'), {
                "x-api-key": self.key, "x-claude-code-session-id": "s-stream"
            })  # fmt: skip
            self.whole = connection.getresponse().read()


@contextmanager
def _clients(here: Site, key: str) -> Iterator[list[Client]]:
    clients = [Client(here, key, keeps=number % 2 == 0) for number in range(4)]
    for one in clients:
        one.start()
    try:
        yield clients
    finally:
        for one in clients:
            one.going = False
        for one in clients:
            one.join(30)


def _restart(here: Site) -> set[int]:
    """SIGHUP to the supervisor, and the relay processes that were there before."""
    assert here.server is not None
    old = set(children(here))
    here.server.send_signal(signal.SIGHUP)
    here.until(lambda: len(set(children(here)) - old) == 2 and here.log().count("taken their place"), 60)
    return old


def test_restarts_fail_no_request_and_break_no_stream(here: Site, fake: Fake) -> None:
    key = here.carnet("key", "create", "--account", ANN).strip()
    with here.serving():
        stream = Stream(here, key)
        with _clients(here, key) as clients:
            stream.start()
            here.until(lambda: any(b'"slow"' in got.body for got in fake.requests))
            first = _restart(here)
            second = set(children(here)) - first
            here.until(lambda: min(one.sent for one in clients) > 20)
        fake.go.set()
        stream.join(30)
        assert b"message_stop" in stream.whole
        here.until(lambda: not first & set(children(here)), 30)
        assert second == set(children(here))
        assert [fault for one in clients for fault in one.faults] == []
        sent = sum(one.sent for one in clients) + 1
        here.until(lambda: len(here.records(account=ANN)) == sent)
        assert f'carnet_relay_records_total{{outcome="kept"}} {sent}\n' in here.ask("GET", "/metrics")[1].decode()


def test_a_restart_that_could_not_start_again_changes_nothing_and_says_why(here: Site) -> None:
    config = here.data.parent / "carnet.toml"
    config.write_text("")
    here.environ["CARNET_CONFIG"] = str(config)
    with here.serving():
        assert here.server is not None
        before = children(here)
        config.write_text('[relay]\nlog = "loud"\n')
        here.server.send_signal(signal.SIGHUP)
        here.until(lambda: "goes on as it was" in here.log(), 60)
        assert "relay.log = 'loud'" in here.log()
        assert children(here) == before
        assert here.ask("GET", "/healthz")[0] == 200


def test_pages_and_relay_outlive_a_restart_with_new_settings_in_one_process(here: Site) -> None:
    config = here.data.parent / "carnet.toml"
    config.write_text('[watch]\nhost-pause = "0ms"\nretries = 0\n')
    here.environ |= {"CARNET_CONFIG": str(config), "HTTPS_PROXY": "http://127.0.0.1:1"}
    with here.serving("--port", "0", only=""):
        pid, pages = here.pid, here.pages
        refused: list[str] = []
        going = threading.Event()

        def visit() -> None:
            while not going.is_set():
                try:
                    with closing(http.client.HTTPConnection("127.0.0.1", pages, timeout=60)) as connection:
                        connection.request("GET", "/about")
                        connection.getresponse().read()
                except (OSError, http.client.HTTPException) as error:
                    refused.append(repr(error))
                time.sleep(0.02)

        visitor = threading.Thread(target=visit, daemon=True)
        visitor.start()
        config.write_text('[watch]\nhost-pause = "0ms"\nretries = 0\n[relay]\nworkers = 1\nlog = "json"\n')
        old = set(children(here))
        os.kill(pid, signal.SIGHUP)
        here.until(lambda: len(set(children(here)) - old) >= 1 and not old & set(children(here)), 60)
        here.until(lambda: here.ask("GET", "/healthz")[0] == 200)
        going.set()
        visitor.join(60)
        assert refused == []
        assert here.pid == pid


class Caller(threading.Thread):
    """Reports over gRPC, one call after the other, and counts what went wrong."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.port, self.key = port, key
        self.sent = 0
        self.faults: list[str] = []
        self.going = True

    def run(self) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            call = channel.unary_unary(EXPORT)
            while self.going:
                try:
                    call(b"", timeout=60, metadata=(("authorization", f"Bearer {self.key}"),))
                    self.sent += 1
                except grpc.RpcError as error:
                    self.faults.append(str(error))
                time.sleep(0.01)


def test_a_restart_answers_every_grpc_call_and_no_role_is_free_meanwhile(here: Site) -> None:
    key = here.carnet("key", "create", "--account", ANN, "--scope", "intake").strip()
    with here.serving("--port", "0", only="web", relay=False):
        assert here.server is not None
        assert here.server.stdout is not None
        caller = Caller(int(here.server.stdout.readline().rpartition(":")[2]), key)
        caller.start()
        here.until(lambda: caller.sent > 5)
        here.server.send_signal(signal.SIGHUP)
        taken = threading.Event()

        def take() -> None:
            while caller.going:
                with suppress(BusyError), role(here.data, "web"):
                    taken.set()

        robber = threading.Thread(target=take, daemon=True)
        robber.start()
        while "gRPC" not in here.server.stdout.readline():
            pass
        before = caller.sent
        here.until(lambda: caller.sent > before + 5)
        caller.going = False
        caller.join(60)
        robber.join(60)
        assert caller.faults == []
        assert not taken.is_set()


def test_an_upstream_that_is_added_later_starts_the_relay(data: Path, home: Path, fake: Fake) -> None:
    here = site(data, home)
    here.environ |= {"HTTPS_PROXY": "http://127.0.0.1:1", "CARNET_WATCH_RETRIES": "0", "CARNET_RELAY_PORT": "0"}
    here.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
    here.carnet("account", "add", ANN, "--org", "Acme")
    key = here.carnet("key", "create", "--account", ANN).strip()
    with here.serving("--port", "0", only="", relay=False):
        assert children(here) == []
        here.carnet("upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY")
        here.until(lambda: "there is an upstream now" in here.log(), 30)
        here.port = int(here.log().partition("clients find it at http://127.0.0.1:")[2].split()[0])
        here.until(lambda: here.ask("HEAD", "/readyz")[0] == 200)
        assert here.message(key, "s", "x")[0] == 200
