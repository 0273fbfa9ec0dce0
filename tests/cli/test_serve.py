"""`carnet serve`: a process of its own, its roles, its end, and what it says when it cannot start."""

from __future__ import annotations

import errno
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.cli.serve import address, is_loopback, listen, refusal, with_options
from carnet.errors import CarnetError

from .conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.settings import Settings

    from .conftest import Carnet


@contextmanager
def _serving(environ: dict[str, str], *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that has said where it is, with that address."""
    server = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", *args], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield server, server.stdout.readline().strip().rpartition(" ")[2]
    finally:
        server.kill()
        server.communicate()


@pytest.fixture
def offline(environ: dict[str, str]) -> dict[str, str]:
    """Captures go to a proxy that is not there: what a machine without network sees, and no packet leaves."""
    dead = "http://127.0.0.1:1"
    hurried = {"CARNET_WATCH_RETRIES": "0", "CARNET_WATCH_HOST_PAUSE": "0ms"}
    return {**environ, **hurried, "HTTPS_PROXY": dead, "HTTP_PROXY": dead, "https_proxy": dead, "http_proxy": dead}


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _ended(server: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    server.send_signal(number)
    _, err = server.communicate(timeout=20)
    return server.returncode, err


def test_the_first_start_without_a_network_has_something_on_every_page(offline: dict[str, str]) -> None:
    with _serving(offline) as (server, url):
        status, page = _get(url)
        _, timeline = _get(f"{url}/documents/example/data-usage")

        assert status == 200
        assert "data-usage" in page
        assert "example" in page
        assert "2026" in timeline
        assert server.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(offline: dict[str, str], number: signal.Signals) -> None:
    with _serving(offline) as (server, url):
        assert _get(url)[0] == 200

        status, err = _ended(server, number)

        assert status == 0
        assert "Traceback" not in err


def test_a_second_server_on_the_store_says_so_and_ends_with_2(offline: dict[str, str], data: Path) -> None:
    with _serving(offline) as (server, url):
        second = subprocess.run(
            [PROGRAM, "serve", "--port", "0"], env=offline, capture_output=True, text=True, check=False, timeout=20
        )

        assert (second.returncode, second.stdout) == (2, "")
        assert str(data) in second.stderr
        assert str(server.pid) in second.stderr
        assert _get(url)[0] == 200


def test_a_second_watcher_says_so_and_ends_with_2(offline: dict[str, str]) -> None:
    with _serving(offline, "--only", "web") as (_, url), _serving(offline, "--only", "watch") as (watcher, _):
        second = subprocess.run(
            [PROGRAM, "serve", "--only", "watch"], env=offline, capture_output=True, text=True, check=False, timeout=20
        )

        assert second.returncode == 2
        assert "'watch'" in second.stderr
        assert str(watcher.pid) in second.stderr
        assert _get(url)[0] == 200
        assert _ended(watcher, signal.SIGTERM)[0] == 0


def test_every_other_command_works_beside_a_running_server(
    offline: dict[str, str], carnet: Carnet, tmp_path: Path
) -> None:
    with _serving(offline) as (_, url):
        for args in (
            ["documents"],
            ["timeline", "example/data-usage"],
            ["timeline", "-c", "example"],
            ["show", "example/data-usage"],
            ["search", "telemetry"],
            ["export", str(tmp_path / "archive")],
            ["documents", "remove", "--example"],
        ):
            assert (carnet(*args).status, carnet(*args).err) == (0, "") or args[0] == "export", args
        assert carnet("diff", "example/data-usage").status == 2
        status, page = _get(url)
        assert (status, "example/data-usage" in page) == (200, False), page


def test_it_starts_again_after_kill_9_with_everything_there(offline: dict[str, str], carnet: Carnet) -> None:
    with _serving(offline) as (server, url):
        assert _get(url)[0] == 200
        server.send_signal(signal.SIGKILL)
        server.wait()
    before = carnet("timeline", "example/data-usage", "--json").out

    with _serving(offline) as (_, url):
        assert _get(url)[0] == 200
        assert carnet("timeline", "example/data-usage", "--json").out == before


def test_what_could_not_be_fetched_is_said_in_one_line_and_on_the_list(offline: dict[str, str], carnet: Carnet) -> None:
    with _serving(offline) as (server, _):
        assert server.stderr is not None
        line = server.stderr.readline()

        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  watch: \d+ failed \(claude-code/", line)
        assert "failed: " in carnet("documents", "-c", "claude-code").out


def test_a_port_in_use_is_said_before_anything_is_shown(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [PROGRAM, "serve", "--port", port], env=environ, capture_output=True, text=True, check=False, timeout=20
        )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"port {port} on 127.0.0.1 is in use by another program" in ended.stderr


def test_a_foreign_store_file_is_refused_by_name(carnet: Carnet, data: Path) -> None:
    carnet("documents")
    (store,) = [path for path in data.iterdir() if path.suffix == ".db"]
    for path in data.glob(f"{store.name}-*"):
        path.unlink()
    store.write_bytes(b"not a database " * 1000)

    for args in (["documents"], ["serve", "--port", "0"]):
        ended = carnet(*args)
        assert ended.status == 3
        assert str(store) in ended.err
        assert ended.out == ""


def test_nothing_phones_home(environ: dict[str, str]) -> None:
    """With nothing watched, start to page to stop makes no connection and asks no resolver."""
    code = """
import sys, threading, time, urllib.request, os, signal
calls = []
def hook(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}:
        calls.append((event, str(args[1:] if event != "socket.getaddrinfo" else args[:2])))
sys.addaudithook(hook)
from carnet.cli.main import run
from carnet.cli import serve
serve.welcome = lambda invocation: None
ready = serve.greet
def greet(settings, bound):
    port = bound.getsockname()[1]
    def visit():
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"http://127.0.0.1:{port}/", timeout=20).read()
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=visit).start()
serve.greet = greet
status = run(["serve", "--port", "0"])
ours = [call for call in calls if "127.0.0.1" not in call[1]]
print(ours)
sys.exit(status or bool(ours))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False, timeout=40
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("carnet.internal", False)],
)
def test_only_loopback_is_private(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) == loopback


def test_an_address_that_is_not_this_machines_is_refused(settings: Settings) -> None:
    with pytest.raises(CarnetError, match=r"cannot listen on 192\.0\.2\.1 port 0"), listen(_at(settings, "192.0.2.1")):
        pass


def test_the_address_of_an_ipv6_socket_has_brackets(settings: Settings) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with listen(_at(settings, "::1")) as bound:
        assert re.fullmatch(r"http://\[::1\]:\d+", address(bound))


def test_a_port_below_1024_names_the_way_out() -> None:
    assert "choose one above 1023" in refusal(OSError(errno.EACCES, "Permission denied"), "127.0.0.1", 80)


@pytest.mark.parametrize("port", ["70000", "http"])
def test_a_port_of_the_settings_is_checked(settings: Settings, port: str) -> None:
    with pytest.raises(CarnetError, match=f"web.port = '{port}'"):
        with_options(settings.with_option("web.port", port), None, None)


def _at(settings: Settings, host: str) -> Settings:
    return with_options(settings, host, 0)
