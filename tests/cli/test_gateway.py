"""`carnet gateway conformance`: what is told, and with which exit status."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.gateway.conformance import bad

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Carnet

KEY = bad.KEY.decode()


@contextmanager
def gateway(vices: bad.Vices) -> Iterator[tuple[str, str]]:
    """Address of a gateway with these vices, and the port it sends everything to."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop, up, at = asyncio.Event(), threading.Event(), [0]

    async def run() -> None:
        async with bad.running(port, vices) as at[0]:
            up.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    up.wait()
    try:
        yield f"http://127.0.0.1:{at[0]}", str(port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_a_gateway_that_does_as_it_should_ends_with_0(carnet: Carnet) -> None:
    with gateway(bad.Vices()) as (url, port):
        ended = carnet("gateway", "conformance", url, "--key", KEY, "--upstream-port", port, "--only", "request.body")
    assert ended.status == 0, ended.err
    assert f"Upstream: http://127.0.0.1:{port}" in ended.err
    head, *rows, total = ended.out.splitlines()
    assert head.split() == ["RESULT", "CHECK", "ASKED", "BY", "WHAT", "IS", "ASKED", "SEEN"]
    assert [row.split()[:3] for row in rows] == [
        ["pass", f"request.body-{size}", "fidelity"] for size in ("1k", "85k", "2m")
    ]
    assert total == "3 pass"


def test_findings_end_with_1_and_stand_in_json(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    args = ("--only", "error.400", "--only", "request.query", "--json")
    with gateway(bad.Vices(response=lambda lines, _: (lines, b"{}"))) as (url, port):
        ended = carnet("gateway", "conformance", url, "--key-env", "GATEWAY_KEY", "--upstream-port", port, *args)
    assert ended.status == 1, ended.err
    said = json.loads(ended.out)
    assert said["totals"] == {"pass": 1, "fail": 1, "not_tried": 0}
    assert (said["url"], said["upstream"]) == (url, f"http://127.0.0.1:{port}")
    assert [sorted(one) for one in said["checks"]] == [["asks", "basis", "id", "result", "seen"]] * 2
    assert [(one["id"], one["result"]) for one in said["checks"]] == [("request.query", "pass"), ("error.400", "fail")]
    assert KEY not in ended.out + ended.err


def test_what_was_not_tried_ends_with_3(carnet: Carnet) -> None:
    with gateway(bad.Vices(open=True)) as (url, port):
        ended = carnet("gateway", "conformance", url, "--upstream-port", port, "--only", "credential.wrong")
    assert ended.status == 3
    assert "no key was given" in ended.out


def test_a_gateway_that_does_not_send_to_the_upstream_ends_with_3(carnet: Carnet) -> None:
    with gateway(bad.Vices()) as (url, port):
        ended = carnet("gateway", "conformance", url, "--key", "wrong", "--upstream-port", port, "--wait", "0")
    assert ended.status == 3
    assert "the gateway answered 401" in ended.err
    assert f"Point the gateway at http://127.0.0.1:{port}" in ended.err


def test_nothing_is_sent_beyond_this_machine_unasked(carnet: Carnet) -> None:
    ended = carnet("gateway", "conformance", "https://gateway.test", "--key", KEY)
    assert ended.status == 2
    assert "--remote" in ended.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("ftp://127.0.0.1",), "no http or https address"),
        (("http://127.0.0.1", "--key", "a", "--key-env", "HOME"), "give one of them"),
        (("http://127.0.0.1", "--key-env", "NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set"),
        (("http://127.0.0.1", "--key", "a\nb"), "no header can carry it"),
        (("http://127.0.0.1", "--only", "nothing"), "no check begins with nothing"),
    ],
)
def test_wrong_arguments_end_with_2(carnet: Carnet, args: tuple[str, ...], said: str) -> None:
    ended = carnet("gateway", "conformance", *args)
    assert ended.status == 2
    assert said in ended.err


def test_a_port_that_is_taken_is_told(carnet: Carnet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = carnet("gateway", "conformance", "http://127.0.0.1:1", "--upstream-port", port)
    assert ended.status == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.err
