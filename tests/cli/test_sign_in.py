"""`carnet sign-in`: a link from the server that runs here, and what it says where there is none."""

from __future__ import annotations

import re
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from carnet.cli.sign_in import fresh_link, link_in
from carnet.errors import CarnetError
from carnet.stores import open_store
from carnet.web.admin_token import ensure_token

from .conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.settings import Settings

    from .conftest import Carnet

PLACE = "127.0.0.1:8417"


@contextmanager
def _serving(environ: dict[str, str]) -> Iterator[str]:
    """The port of a running server."""
    server = subprocess.Popen(
        [PROGRAM, "serve", "--only", "web", "--port", "0"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip().rpartition(":")[2]
    finally:
        server.kill()
        server.communicate()


@contextmanager
def _stranger(status: int, body: bytes) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Another program on the port, and what it was shown."""
    shown: list[dict[str, str]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.append(dict(self.headers))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1], shown
        server.shutdown()
        thread.join()


def test_it_prints_a_link_of_the_running_server(
    environ: dict[str, str], carnet: Carnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serving(environ) as port:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        first, second = (carnet("sign-in", "--port", port) for _ in range(2))
        monkeypatch.setenv("CARNET_PORT", port)
        third = carnet("sign-in")

    assert {(one.status, one.err) for one in (first, second, third)} == {(0, "")}
    assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/sign-in\?token=[\w-]{{43}}\n", first.out)
    assert len({first.out, second.out, third.out}) == 3


def test_without_a_server_it_says_so_and_shows_the_token_to_nobody(carnet: Carnet, data: Path) -> None:
    data.mkdir()
    ensure_token(data)
    with _stranger(201, b"{}") as (port, shown):
        ended = carnet("sign-in", "--port", str(port))

    assert (ended.status, ended.out, shown) == (2, "", [])
    assert f"no Carnet serves the data in {data}; start one: carnet serve" in ended.err


def test_before_the_first_start_it_names_the_command(carnet: Carnet, data: Path) -> None:
    ended = carnet("sign-in")

    assert (ended.status, ended.out) == (2, "")
    assert "`carnet serve` makes it at its first start" in ended.err
    assert not data.exists()


def test_a_server_on_another_port_is_asked_for(settings: Settings, carnet: Carnet, data: Path) -> None:
    store = open_store(settings)
    ensure_token(data)
    with store.role("web"):
        ended = carnet("sign-in", "--port", "1")
    store.close()

    assert (ended.status, ended.out) == (2, "")
    assert "no Carnet answers at http://127.0.0.1:1" in ended.err
    assert "carnet sign-in --port N" in ended.err


def test_beyond_loopback_there_is_nothing_to_sign_in_to(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_HOST", "0.0.0.0")
    ended = carnet("sign-in")

    assert (ended.status, ended.out) == (2, "")
    assert "shown on loopback only" in ended.err


def test_a_file_that_others_can_read_is_refused(carnet: Carnet, data: Path) -> None:
    data.mkdir()
    ensure_token(data)
    (data / "admin.token").chmod(0o640)

    assert "can be used by others than its owner (mode 0640)" in carnet("sign-in").err


def test_a_redirect_is_not_followed(settings: Settings) -> None:
    with (
        _stranger(307, b"") as (port, shown),
        pytest.raises(CarnetError, match=r"no Carnet with a sign-in \(status 307\)"),
    ):
        fresh_link(settings.with_option("web.port", str(port)), "s" * 43)

    assert [one["Authorization"] for one in shown] == ["Bearer " + "s" * 43]
    assert [one["Origin"] for one in shown] == [f"http://127.0.0.1:{port}"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"<html>", b'{"link": 1}', b"\xff"])
def test_an_answer_without_a_link_is_said(settings: Settings, body: bytes) -> None:
    with pytest.raises(CarnetError, match="is no Carnet with a sign-in"):
        link_in(201, body, PLACE, settings)


def test_a_server_that_does_not_know_the_token_is_said(settings: Settings) -> None:
    with pytest.raises(CarnetError, match=r"does not know the token in .*admin\.token"):
        link_in(401, b"{}", PLACE, settings)
