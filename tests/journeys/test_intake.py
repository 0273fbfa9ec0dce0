"""Intake as a process: unmodified SDKs leave nothing of their program on its disk, and kill -9 loses no report."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from carnet.accounts.keys import make_key
from carnet.gateway.certificates import CA, make_files
from carnet.gateway.tls import FOLDER
from carnet.records.draining import drain_all
from carnet.records.reading import show
from carnet.settings import load
from carnet.stores import open_store
from tests.conftest import ROOT
from tests.gateway.intake.collecting import log_of
from tests.gateway.intake.ground import envelope, written
from tests.gateway.test_tls import client as believing
from tests.journeys.relaying import CARNET
from tests.records.kept import ANN, PAT, Shelf
from tests.wire.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.settings import Settings

CANARY, IN_SOURCE = "CANARY-in-data-51bd0e", "CANARY-in-source-9f3a7c"


@dataclass
class Place:
    """A data folder with a key, and Carnet over it while `serving`."""

    settings: Settings
    key: str
    other: str = ""
    """A key of another organisation."""
    web: int = 0
    grpc: int = 0
    process: subprocess.Popen[str] | None = None
    environ: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def serving(self) -> Iterator[Place]:
        environ = {
            **os.environ,
            "CARNET_DATA": str(self.settings.data),
            "PYTHONPATH": str(ROOT / "src"),
            **self.environ,
        }
        command = [*CARNET, "serve", "--only", "web", "--port", "0"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
            self.process = process
            assert process.stdout is not None
            said = ""
            while "gRPC" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            ports = re.findall(r"https?://[0-9.]+:(\d+)", said)
            self.web, self.grpc = int(ports[0]), int(ports[-1])
            try:
                yield self
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait(30)

    def bodies(self) -> list[dict[str, Any]]:
        """What was kept."""
        with closing(open_store(self.settings)) as store:
            drain_all(store.records, datetime.now(UTC))  # what was acknowledged while the store was away
            shelf = Shelf(store.records)
            found = [show(store.records, shelf.keyring, one.id, datetime.now(UTC)).data for one in shelf.everything()]
        return [json.loads(one) for one in found]

    def asked(self, path: str, body: bytes) -> tuple[int, dict[str, str]]:
        """Status and headers of one request; 0 where no answer came."""
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        headers["x-sentry-auth"] = f"Sentry sentry_key={self.key}, sentry_version=7"
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.web, timeout=30)) as connection:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            return 0, {}

    def report(self, body: bytes) -> int:
        """The status of one envelope; 0 where no answer came."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.web, timeout=20)) as connection:
                connection.request("POST", f"/api/1/envelope/?sentry_key={self.key}", body)
                return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0


@pytest.fixture
def place(settings: Settings) -> Place:
    now = datetime.now(UTC)
    with closing(open_store(settings)) as store:
        shelf = Shelf(store.records, now).settle()
        keys = [
            make_key(store.records.api_keys, shelf.account(who), ["intake"], None, "t", now)[1] for who in (ANN, PAT)
        ]
    return Place(load({}, settings.data / "none.toml").with_option("data", str(settings.data)), keys[0], keys[1])


def test_nothing_of_a_program_that_reports_by_unmodified_sdks_is_on_the_disk(place: Place) -> None:
    with place.serving():
        told = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("reporting_sdks.py")), place.key, str(place.web),
             str(place.grpc), CANARY],
            capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip
    assert (told.stdout, told.stderr) == ("done\n", "")
    bodies = place.bodies()
    reported = Counter((one["protocol"], one.get("item", one.get("signal", ""))) for one in bodies)
    assert reported["sentry", "event"] == 2
    assert reported["sentry", "transaction"] == 1
    assert (reported["otlp", "logs"], reported["otlp", "metrics"], reported["statsig", ""]) == (5, 5, 1)
    plain = json.dumps(bodies).encode()
    everything = written(place.settings.data)
    for secret in (CANARY, IN_SOURCE, place.key):
        for form in (secret.encode(), quote(secret, safe="").encode(), *in_base64(secret)):
            assert form not in plain
            assert form not in everything


def test_over_tls_nothing_of_it_is_on_the_wire_and_nobody_speaks_an_older_version(place: Place) -> None:
    folder = place.settings.data / FOLDER
    make_files(folder, ["127.0.0.1"], "here", datetime.now(UTC))
    place.environ = {"CARNET_HOST": "0.0.0.0"}
    with place.serving(), Tap(place.web).open() as web, Tap(place.grpc).open() as calls:
        told = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("reporting_sdks.py")), place.key, web.url.rpartition(":")[2],
             calls.url.rpartition(":")[2], CANARY, str(folder / CA)],
            env={**os.environ, "REQUESTS_CA_BUNDLE": str(folder / CA)},
            capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip
        assert (told.stdout, told.stderr) == ("done\n", "")
        for port in (place.web, place.grpc):
            assert spoken(port, believing(folder / CA, ssl.TLSVersion.TLSv1_2)) == "TLSv1.2"
            assert spoken(port, believing(folder / CA, ssl.TLSVersion.TLSv1_1)) == ""
            assert not in_the_clear(port).startswith(b"HTTP")
    reported = Counter((one["protocol"], one.get("item", one.get("signal", ""))) for one in place.bodies())
    assert reported["sentry", "event"] == 2
    assert (reported["otlp", "logs"], reported["otlp", "metrics"], reported["statsig", ""]) == (2, 2, 1)
    for tap in (web, calls):
        assert tap.wires
        for wire in tap.wires:
            assert wire.sent[:2] == b"\x16\x03"
            for secret in (CANARY, place.key, "service.name"):
                assert all(secret.encode() not in way for way in (wire.sent, wire.got))


def spoken(port: int, context: ssl.SSLContext) -> str:
    """The version of TLS that is agreed on; empty where none is."""
    with (
        suppress(ssl.SSLError, ConnectionError),
        socket.create_connection(("127.0.0.1", port), 20) as bare,
        context.wrap_socket(bare, server_hostname="127.0.0.1") as stream,
    ):
        return stream.version() or ""
    return ""


def in_the_clear(port: int) -> bytes:
    """What a request without TLS is told."""
    with socket.create_connection(("127.0.0.1", port), 20) as bare, suppress(ConnectionError):
        bare.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return bare.recv(1000)
    return b""


def in_base64(text: str) -> list[bytes]:
    """What a text reads like in base64, wherever it begins."""
    return [base64.b64encode(b"x" * at + text.encode())[4 * (at > 0) : -4] for at in range(3)]


def test_what_was_acknowledged_before_a_kill_is_kept_once_and_so_is_what_is_sent_again(place: Place) -> None:
    acknowledged: set[str] = set()
    asked: set[str] = set()
    killed = threading.Event()

    def flood(client: int) -> None:
        number = 0
        while not killed.is_set():
            number += 1
            id_ = f"{client:08x}{number:024x}"
            asked.add(id_)
            if place.report(_event(id_)) == 200:
                acknowledged.add(id_)

    with place.serving():
        threads = [threading.Thread(target=flood, args=(client,)) for client in range(6)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 60:
            killed.wait(0.01)
        assert place.process is not None
        place.process.kill()
        killed.set()
        for thread in threads:
            thread.join()
    kept = Counter(one["event"]["event_id"] for one in place.bodies())
    assert set(kept) >= acknowledged
    assert set(kept.values()) == {1}
    with place.serving():
        assert {place.report(_event(id_)) for id_ in asked} == {200}
    kept = Counter(one["event"]["event_id"] for one in place.bodies())
    assert kept == dict.fromkeys(asked, 1)


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_kept(place: Place) -> None:
    with place.serving():
        assert place.process is not None
        assert place.report(_event("a" * 32)) == 200
        unlimited = resource.prlimit(place.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(place.process.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
        refused = [place.asked("/api/1/envelope/", _event("b" * 32)), place.asked("/v1/logs", _LOG)]
        assert [status for status, _ in refused] == [429, 503]
        assert all("retry-after" in headers for _, headers in refused)
        resource.prlimit(place.process.pid, resource.RLIMIT_FSIZE, unlimited)
        until(lambda: place.report(_event("b" * 32)) == 200)
        assert place.asked("/v1/logs", _LOG)[0] == 200
    kept = Counter(one["event"]["event_id"] for one in place.bodies() if one["protocol"] == "sentry")
    assert kept == {"a" * 32: 1, "b" * 32: 1}
    assert sum(one["protocol"] == "otlp" for one in place.bodies()) == 1


def test_a_tenant_that_floods_leaves_others_answered(place: Place) -> None:
    """Four connections of one send long bodies without end; each report of the other is answered and kept."""
    ended = threading.Event()
    flooded: Counter[int] = Counter()
    long = b'{"resourceLogs":[%s{}]}' % (b'{"scopeLogs":[]},' * 60_000)

    def flood() -> None:
        while not ended.is_set():
            flooded[place.asked("/v1/logs", long)[0]] += 1

    with place.serving():
        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        mine = replace(place, key=place.other)
        answers = Counter(mine.report(_event(f"{number:032x}")) for number in range(8))
        ended.set()
        for thread in threads:
            thread.join()
    assert answers == {200: 8}
    assert sum(flooded.values()) > 0
    assert set(flooded) <= {200, 503}
    assert sum(one["protocol"] == "sentry" for one in place.bodies()) == 8


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something another process does."""
    last = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last
        time.sleep(0.1)


_LOG = json.dumps(log_of()).encode()


def _event(id_: str) -> bytes:
    return envelope(({"type": "event"}, json.dumps({"event_id": id_, "level": "error"}).encode()), event=id_)
