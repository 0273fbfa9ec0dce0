"""The ground every test stands on: loopback only, a home of its own, settings from nowhere but the test."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from carnet.settings import SETTINGS, Settings, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.stores.contract import Store

# no test asserts a time: a busy machine must not fail one
hypothesis_settings.register_profile("carnet", deadline=None)
hypothesis_settings.load_profile("carnet")

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

# Stores sync each commit. In memory that costs nothing, and a killed process leaves the same behind as on a disk: what
# its calls wrote. Where there is too little, a test's folders lie where folders of tests lie.
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None

HOME = tempfile.TemporaryDirectory(prefix="carnet-tests-home-")
os.environ["HOME"] = HOME.name
os.environ["TERM"] = "xterm-256color"  # what a terminal is shown must not depend on where the tests run
for _name in {setting.env for setting in SETTINGS} | {
    *("CARNET_CONFIG", "CARNET_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
}:
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)

_breaches: list[str] = []


class BeyondLoopbackError(BaseException):
    """Raised where a test would send traffic beyond this machine; no `except Exception` hides it."""


def _guard(event: str, args: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        host = args[1][0] if isinstance(args[1], tuple) else None
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("idna")
    if isinstance(host, str) and not is_loopback(host):
        _breaches.append(f"{event} {host}")
        raise BeyondLoopbackError(f"{event} {host}")


def is_loopback(host: str) -> bool:
    """Whether traffic to this host stays here; a name other than localhost would ask a resolver."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in {"", "localhost", socket.gethostname()} or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


sys.addaudithook(_guard)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The opt-outs as the wire showed them are part of what the tests report."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    for text in (value for one in reports for name, value in getattr(one, "user_properties", ()) if name == "opt-outs"):
        terminalreporter.write_line(f"\n{text}")


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    before = len(_breaches)
    yield
    assert _breaches[before:] == [], "a test must send traffic to loopback only"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for every test."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path) -> Settings:
    """The default settings, with the store in the test's data folder."""
    return load({}, data / "none.toml").with_option("data", str(data))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An empty embedded store."""
    from carnet.stores import open_store  # noqa: PLC0415 - most tests need no store

    with closing(open_store(settings)) as opened:
        yield opened


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real histories beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("corpus: there is no ../shared/corpus beside this checkout")
    return CORPUS


@pytest.fixture(scope="session")
def bundle(corpus: Path) -> Path:
    """The bundled history: 15 documents, 188 captures, 740 versions."""
    return corpus / "claude-code-docs.bundle"


@pytest.fixture(scope="session")
def claude_store(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The bundled history, imported as the documents of the pack `claude-code`. Tests only read it."""
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415 - few tests need it
    from carnet.packs import named  # noqa: PLC0415
    from carnet.stores import open_store  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("claude")
    settings = load({}, folder / "none.toml").with_option("data", str(folder))
    with closing(open_store(settings)) as opened:
        import_history(opened, settings, Request(str(bundle), pack=named("claude-code")))
        yield opened
