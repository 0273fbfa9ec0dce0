"""`carnet serve`: a process of its own, its roles, its end, and what it says when it cannot start."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.cli import serve
from carnet.cli.handing import Handed
from carnet.cli.serve import address, connections, doorkeeper, greet, listen, refusal, secured, with_options
from carnet.errors import CarnetError
from carnet.gateway.certificates import make_files
from carnet.gateway.tls import FOLDER

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


def _status(url: str, path: str, **headers: str) -> int:
    """How a path is answered when these headers are sent; redirects are not followed."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def _signed_in(url: str, token: str) -> tuple[int, str]:
    """How the button of the sign-in page is answered, and the cookie it gets."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", "/sign-in", f"token={token}", {"Origin": url})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Set-Cookie", "").partition(";")[0]


def _token(server: subprocess.Popen[str]) -> str:
    """The token in the link of the second line."""
    assert server.stdout is not None
    return server.stdout.readline().partition("token=")[2].split()[0]


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


def test_the_link_it_prints_signs_in_once(offline: dict[str, str]) -> None:
    with _serving(offline, "--only", "web") as (server, url):
        assert server.stdout is not None
        line = server.stdout.readline()
        link = re.fullmatch(rf"  Records and accounts: {url}(/sign-in\?token=([\w-]{{43}}))  \(works once\)\n", line)
        assert link is not None, line

        assert _status(url, link[1]) == 200
        assert [_signed_in(url, link[2])[0] for _ in range(2)] == [303, 403]


def test_a_new_start_keeps_the_token_of_scripts_and_ends_every_session(offline: dict[str, str], data: Path) -> None:
    closed, cookies = "/api/admin/nothing-here", [""]
    for _ in range(2):
        with _serving(offline, "--only", "web") as (server, url):
            token = (data / "admin.token").read_text().strip()
            assert _status(url, closed, Authorization=f"Bearer {token}") == 404
            assert _status(url, closed, Cookie=cookies[-1]) == 401
            cookies.append(_signed_in(url, _token(server))[1])
            assert _status(url, closed, Cookie=cookies[-1]) == 404


def test_no_token_is_printed_a_second_time(offline: dict[str, str], data: Path) -> None:
    with _serving(offline, "--only", "web") as (server, url):
        token = _token(server)
        assert server.stdout is not None
        said = server.stdout.readline()
        for path in (f"/sign-in?token={token}", f"/nowhere?token={token}", f"/%ff?token={token}%ff"):
            _status(url, path)
        _status(url, "/records", Authorization=f"Bearer {token}")
        _, cookie = _signed_in(url, token)
        server.send_signal(signal.SIGTERM)
        said += "".join(server.communicate(timeout=20))

        assert "Stop: Ctrl-C" in said
        for secret in (token, cookie.partition("=")[2], (data / "admin.token").read_text().strip()):
            assert secret not in said


def test_a_token_file_that_others_can_read_stops_it_before_anything_is_shown(
    environ: dict[str, str], data: Path
) -> None:
    data.mkdir()
    (data / "admin.token").write_text("x" * 43)
    (data / "admin.token").chmod(0o644)
    ended = subprocess.run(
        [PROGRAM, "serve", "--port", "0"], env=environ, capture_output=True, text=True, check=False, timeout=20
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{data}/admin.token can be used by others than its owner (mode 0644)" in ended.stderr


def test_beyond_loopback_nobody_is_given_a_link(
    settings: Settings, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = settings.with_option("web.host", "0.0.0.0")
    with socket.create_server(("127.0.0.1", 0)) as bound:
        greet(far, bound, doorkeeper(far))

    out, err = capsys.readouterr()
    assert "sign-in" not in out
    assert "Records and accounts are not shown" in err
    assert not (data / "admin.token").exists()


def test_beyond_loopback_without_a_certificate_it_does_not_start(environ: dict[str, str], data: Path) -> None:
    for more in ([], ["--check"], ["--only", "web"]):
        ended = subprocess.run(
            [PROGRAM, "serve", "--host", "0.0.0.0", "--port", "0", *more],
            env=environ, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "0.0.0.0 is not loopback, and without a certificate" in ended.stderr
        assert "carnet tls init --host NAME" in ended.stderr
    assert not (data / "roles").exists()


def test_pages_beyond_loopback_speak_tls(settings: Settings, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = settings.with_option("web.host", "0.0.0.0")
    with pytest.raises(CarnetError, match="carnet tls init"):
        secured(far)
    make_files(data / FOLDER, ["carnet.test"], "here", datetime.now(UTC))
    assert secured(settings) is None
    context = secured(far)
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    with socket.create_server(("127.0.0.1", 0)) as bound:
        greet(far, bound, doorkeeper(far))
    out, err = capsys.readouterr()
    assert out.startswith("Carnet is at https://")
    assert "tls init" not in err


def test_closed_pages_beyond_loopback_are_refused_at_the_start(settings: Settings) -> None:
    far = settings.with_option("web.host", "0.0.0.0").with_option("web.open-pages", "off")
    with pytest.raises(CarnetError, match=r"web\.host is 0\.0\.0\.0\. Change one of the two"):
        doorkeeper(far)


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
def greet(settings, bound, admission, roles, relay):
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

    assert (ended.returncode, ended.stdout.splitlines()[-1:], ended.stderr) == (0, ["[]"], "")


def test_an_address_that_is_not_this_machines_is_refused(settings: Settings) -> None:
    with pytest.raises(CarnetError, match=r"cannot listen on 192\.0\.2\.1 port 0"), listen(_at(settings, "192.0.2.1")):
        pass


def test_a_socket_of_systemd_beyond_loopback_is_not_taken_for_one_of_this_machine(settings: Settings) -> None:
    with socket.create_server(("0.0.0.0", 0)) as unit:

        def handed() -> Handed:
            return Handed(web=(os.dup(unit.fileno()),), pinned=True)

        with (
            pytest.raises(CarnetError, match=r"0\.0\.0\.0, beyond loopback.*set web\.host"),
            listen(settings, handed()),
        ):
            pass
        with listen(settings.with_option("web.host", "0.0.0.0"), handed()) as bound:
            assert bound.getsockname() == unit.getsockname()
    with socket.create_server(("127.0.0.1", 0)) as unit, listen(settings, handed()) as bound:
        assert bound.getsockname() == unit.getsockname()


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


def test_the_relay_runs_once_an_upstream_is_set_up_and_says_where(offline: dict[str, str], carnet: Carnet) -> None:
    carnet("upstream", "add", "main", "--format", "messages", "--url", "https://api.example")
    environ = {**offline, "CARNET_RELAY_PORT": "0", "CARNET_RELAY_WORKERS": "1"}
    with _serving(environ) as (server, url):
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(2)]

        found = re.fullmatch(r"  Relay: (http://127\.0\.0\.1:\d+)  \(ANTHROPIC_BASE_URL\)\n", lines[1])
        assert found
        assert _status(found[1], "/v1/models") == 401
        assert _get(url)[0] == 200
        assert _ended(server, signal.SIGTERM)[0] == 0


def test_a_port_of_the_relay_without_the_relay_is_refused(offline: dict[str, str]) -> None:
    done = subprocess.run(
        [PROGRAM, "serve", "--only", "web", "--relay-port", "0"],
        env=offline, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip

    assert done.returncode == 2
    assert "nothing is relayed" in done.stderr


def test_without_an_upstream_nothing_is_relayed(offline: dict[str, str]) -> None:
    with _serving(offline) as (server, _):
        assert server.stdout is not None
        assert "Relay" not in "".join(server.stdout.readline() for _ in range(2))


def test_who_comes_beyond_the_bound_of_connections_is_told_so(offline: dict[str, str]) -> None:
    with _serving({**offline, "CARNET_WEB_CONNECTIONS": "1"}, "--only", "web") as (_, told):
        host, port = told.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as there:
            beyond = http.client.HTTPConnection(host, int(port), timeout=10)
            beyond.request("GET", "/about")
            answer = beyond.getresponse()
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
            assert b"web.connections" in answer.read()
            there.sendall(b"GET /about HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert there.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("files", "most", "room"),
    [(65_536, "1000", (1000, 1000)), (2256, "1000", (1000, 1000)), (1256, "1000", (500, 500)),
     (512, "1000", (128, 128)), (1300, "40", (40, 1000)), (200, "1000", (1, 1))],
)  # fmt: skip
def test_all_connections_have_their_files(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, files: int, most: str, room: tuple[int, int]
) -> None:
    monkeypatch.setattr(serve, "files_for", lambda _: files)
    assert connections(settings.with_option("web.connections", most)) == room


def test_connections_are_as_many_as_the_setting_says_and_one_at_least(settings: Settings) -> None:
    web, calls = connections(settings)
    assert 1 <= web <= 1000  # fewer where the system lets a process have few files
    assert 1 <= calls <= 1000
    assert connections(settings.with_option("web.connections", "5"))[0] == 5
    with pytest.raises(CarnetError, match=r"web\.connections"):
        connections(settings.with_option("web.connections", "0"))
