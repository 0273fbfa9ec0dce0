"""Two processes of a relay as one: limits, numbers and lines of the log, and what the others do when one is killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from carnet.accounts.keys import key_id
from carnet.gateway.board import PATH, Board
from tests.journeys.relaying import ANSWER, Site, body_of, children, site, upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.upstream import Fake

ANN = "ann@acme.test"
MARK = "mArK"


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


def _key(here: Site) -> str:
    return here.carnet("key", "create", "--account", ANN).strip()


def _numbers(here: Site) -> dict[str, float]:
    """Samples without labels, and sums over labels of the others."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(here.ask("GET", "/metrics")[1].decode()):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def test_a_limit_is_exact_whichever_process_takes_a_request(here: Site) -> None:
    here.environ["CARNET_RELAY_REQUESTS_PER_MINUTE"] = "30"
    key = _key(here)
    with here.serving(), ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda number: here.message(key, "s", str(number))[0], range(60)))
        assert set(statuses) == {200, 429}
        assert 30 <= statuses[200] <= 32  # and what came back meanwhile, one in two seconds
        numbers = _numbers(here)
        assert numbers["carnet_relay_refused_total"] == statuses[429]
        assert numbers["carnet_relay_exchanges_total"] == statuses[200]


def test_what_is_set_for_a_key_or_its_organisation_holds_in_every_process_while_they_run(
    here: Site, fake: Fake
) -> None:
    limits = ("--requests-per-minute", "10", "--at-once", "100")
    capped = here.carnet("key", "create", "--account", ANN, *limits).strip()
    other, id_ = _key(here), str(key_id(capped))
    here.carnet("org", "set", "Acme", "--at-once", "100")
    with here.serving(), ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda number: here.message(capped, "s", str(number))[0], range(30)))
        assert 10 <= statuses[200] <= 12  # and what came back meanwhile, one in six seconds
        assert statuses[429] == 30 - statuses[200]
        here.carnet("key", "set", id_, "--requests-per-minute", "0")
        here.until(lambda: _answers(here, capped) == {200})

        streams = _Streams(here, capped, 3)
        here.until(lambda: _numbers(here)["carnet_relay_exchanges_under_way"] == 3)
        here.carnet("key", "set", id_, "--at-once", "3")
        here.until(lambda: _answers(here, capped) == {429})
        assert _answers(here, other) == {200}
        here.carnet("org", "set", "Acme", "--at-once", "3")
        here.until(lambda: _answers(here, other) == {429})
        fake.go.set()
        streams.join()
        assert len(streams.whole) == 3
        assert _answers(here, capped) == _answers(here, other) == {200}


def _answers(here: Site, key: str) -> set[int]:
    """Statuses of requests one after the other, of which each process takes some, but for one time in 2,000."""
    return {here.message(key, "s", "x")[0] for _ in range(12)}


def test_what_a_killed_process_had_under_way_is_given_back_and_its_numbers_stay(here: Site, fake: Fake) -> None:
    here.environ["CARNET_RELAY_AT_ONCE"] = "6"
    key = _key(here)
    with here.serving():
        ended = _Streams(here, key, 6)
        here.until(lambda: len(fake.requests) == 6)
        assert here.message(key, "s", "x")[0] == 429
        before = _numbers(here)
        victim = children(here)[0]
        os.kill(victim, signal.SIGKILL)
        here.until(lambda: victim not in children(here) and len(children(here)) == 2)
        free = 6 - ended.left(here)
        assert (free > 0) == (here.message(key, "s", "x")[0] == 200)
        here.until(lambda: _numbers(here)["carnet_relay_processes"] == 2)
        after = _numbers(here)
        assert all(after[name] >= number for name, number in before.items() if name.endswith("_total"))
        fake.go.set()
        ended.join()
        here.until(lambda: _numbers(here)["carnet_relay_exchanges_under_way"] == 0)
        assert here.message(key, "s", "x")[0] == 200


class _Streams:
    """Streams that wait in the middle, each in a thread of its own."""

    def __init__(self, here: Site, key: str, number: int) -> None:
        self.here, self.key = here, key
        self.whole: list[int] = []
        self.broken: list[int] = []
        self._threads = [threading.Thread(target=self._read, args=(one,), daemon=True) for one in range(number)]
        for thread in self._threads:
            thread.start()

    def _read(self, number: int) -> None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.here.port, timeout=120)) as connection:
                connection.request("POST", "/v1/messages", body_of(str(number), stream=True, more='"slow":true,'), {
                    "x-api-key": self.key, "x-claude-code-session-id": f"stream-{number}"
                })  # fmt: skip
                whole = b"message_stop" in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            whole = False
        (self.whole if whole else self.broken).append(number)

    def left(self, here: Site) -> int:
        """How many go on, once those of a killed process have broken."""
        here.until(lambda: _numbers(here)["carnet_relay_exchanges_under_way"] == self._going())
        return self._going()

    def _going(self) -> int:
        return sum(one.is_alive() for one in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)


def test_kill_9_under_200_streams_breaks_those_of_one_process_and_no_other(here: Site, fake: Fake) -> None:
    key = _key(here)
    with here.serving():
        for number in range(20):
            assert here.message(key, f"before-{number}", "x")[0] == 200
        streams = _Streams(here, key, 200)
        here.until(lambda: len(fake.requests) == 220, 60)
        board = Board.of(os.open(here.data / PATH, os.O_RDWR))
        assert board is not None
        victim = children(here)[0]
        os.kill(victim, signal.SIGKILL)
        here.until(lambda: victim not in children(here))
        left = streams.left(here)
        assert 0 < left < 200
        fake.go.set()
        streams.join()
        assert (len(streams.whole), len(streams.broken)) == (left, 200 - left)
        there = Counter(str(row["session"]) for row in here.records(account=ANN))
        assert {f"stream-{number}" for number in streams.whole} <= set(there)
        assert {f"before-{number}" for number in range(20)} <= set(there)
        assert set(there.values()) == {1}
        assert here.message(key, "after", "x") == (200, ANSWER)


def test_every_exchange_has_one_line_that_names_its_record_and_nothing_that_was_said(here: Site) -> None:
    here.environ["CARNET_RELAY_LOG"] = "json"
    key = _key(here)
    headers = {"x-claude-code-session-id": MARK, "user-agent": MARK, "cookie": MARK, f"x-{MARK}": MARK}
    with here.serving(), ThreadPoolExecutor(8) as pool:
        asked = [
            ("POST", f"/v1/messages?{MARK}={MARK}", key, body_of(MARK, stream=number % 2 == 0)) for number in range(40)
        ]
        asked += [("POST", f"/v1/{MARK}", key, b"{}"), ("POST", "/v1/messages", f"ck_{MARK}", b"{}")]
        list(pool.map(lambda one: here.ask(one[0], one[1], one[2], one[3], headers), asked))
        here.until(lambda: here.log().count('"event":"exchange"') == 40)
        records = {str(row["id"]) for row in here.records(account=ANN)}
    log = here.log()
    said = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    exchanges = [one for one in said if one["event"] == "exchange"]
    assert {one["record"] for one in exchanges} == records
    assert {(one["route"], one["status"], one["recorded"]) for one in exchanges} == {("messages", 200, "stored")}
    assert {one["process"] for one in exchanges} != set()
    assert sorted(one["status"] for one in said if one["event"] == "refused") == [401, 404]
    assert MARK.lower() not in log.lower()
    assert key not in log


def test_an_operator_sees_that_it_is_not_ready_while_it_is_being_stopped(here: Site, fake: Fake) -> None:
    here.environ["CARNET_RELAY_NOTICE"] = "3s"
    key = _key(here)
    with here.serving():
        streams = _Streams(here, key, 1)
        here.until(lambda: fake.requests)
        assert here.server is not None
        here.server.send_signal(signal.SIGTERM)
        here.until(lambda: here.ask("GET", "/readyz") == (503, b"not ready: it is being stopped\n"))
        assert here.ask("GET", "/healthz")[0] == 200
        assert here.message(key, "s", "still served")[0] == 200
        fake.go.set()
        streams.join()
        assert streams.whole == [0]
        here.server.wait(30)
    assert {str(row["session"]) for row in here.records(account=ANN)} == {"stream-0", "s"}
