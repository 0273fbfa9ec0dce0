from __future__ import annotations

import fcntl
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pygit2
import pytest

from carnet.documents.history.clone import cloned, fault_of
from carnet.errors import CarnetError, StoreError
from tests.documents.history.histories import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.settings import Settings


@pytest.fixture(params=["with git", "without git"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test of a clone runs with the git program and without it."""
    if request.param == "without git":
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    elif not shutil.which("git"):
        pytest.skip("git is not installed")
    return str(request.param)


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "history.git")
    repository.commit({"a.md": b"one\n" * 1000})
    repository.commit({"a.md": b"one\n" * 1000 + b"two\n"})
    return repository


def head(path: Path) -> str:
    return str(pygit2.Repository(str(path)).head.target)


@pytest.mark.usefixtures("program")
def test_a_bundle_becomes_a_repository_that_is_gone_afterwards(
    git: Repository, tmp_path: Path, settings: Settings
) -> None:
    bundle = git.bundle(tmp_path / "history.bundle")

    with cloned(str(bundle), settings) as path:
        assert head(path) == git.commits[-1]

    assert list((settings.data / "importing").iterdir()) == []


@pytest.mark.usefixtures("program")
def test_a_bundle_without_a_head_is_read_from_its_only_branch(
    git: Repository, tmp_path: Path, settings: Settings
) -> None:
    git.git.references.create("refs/heads/odd", pygit2.Oid(hex=git.commits[0]))
    bundle = git.bundle(tmp_path / "history.bundle")
    lines = bundle.read_bytes().split(b"\n")
    kept = [line for line in lines if not line.endswith((b" HEAD", b" refs/heads/main"))]
    bundle.write_bytes(b"\n".join(kept))

    with cloned(str(bundle), settings) as path:
        assert head(path) == git.commits[0]


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize("part", [0.05, 0.3, 0.9, 0.99])
def test_a_truncated_bundle_is_refused_and_leaves_nothing(
    git: Repository, tmp_path: Path, settings: Settings, part: float
) -> None:
    whole = git.bundle(tmp_path / "history.bundle").read_bytes()
    cut = tmp_path / "cut.bundle"
    cut.write_bytes(whole[: max(int(len(whole) * part), 17)])

    with pytest.raises(CarnetError, match=r"cut\.bundle"), cloned(str(cut), settings):
        pytest.fail("a truncated bundle was read")

    assert list((settings.data / "importing").iterdir()) == []


@pytest.mark.usefixtures("program")
def test_a_bundle_that_needs_other_commits_is_refused(git: Repository, tmp_path: Path, settings: Settings) -> None:
    bundle = git.bundle(tmp_path / "history.bundle")
    first, rest = bundle.read_bytes().split(b"\n", 1)
    bundle.write_bytes(first + b"\n-" + b"1" * 40 + b" earlier\n" + rest)

    with pytest.raises(CarnetError, match=r"history\.bundle"), cloned(str(bundle), settings):
        pytest.fail("a bundle without its beginning was read")


@pytest.mark.usefixtures("program")
def test_the_clone_is_gone_after_a_fault(git: Repository, tmp_path: Path, settings: Settings) -> None:
    bundle = git.bundle(tmp_path / "history.bundle")

    with pytest.raises(ZeroDivisionError), cloned(str(bundle), settings):
        raise ZeroDivisionError

    assert list((settings.data / "importing").iterdir()) == []


def test_what_a_killed_import_left_is_removed_and_a_running_one_is_kept(
    git: Repository, tmp_path: Path, settings: Settings
) -> None:
    above = settings.data / "importing"
    for name in ("killed", "running"):
        (above / name / "history.git").mkdir(parents=True)
        (above / name / "lock").touch()

    with (above / "running/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with cloned(str(git.bundle(tmp_path / "history.bundle")), settings):
            left = {path.name for path in above.iterdir()}

    assert "running" in left
    assert "killed" not in left


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def served(git: Repository) -> Iterator[str]:
    """The repository over HTTP on loopback."""
    from dulwich.repo import Repo  # noqa: PLC0415
    from dulwich.server import BackendRepo, DictBackend  # noqa: PLC0415
    from dulwich.web import make_wsgi_chain  # noqa: PLC0415

    with Repo(str(git.path)) as repository:
        repositories: dict[str, BackendRepo] = {"/": repository}
        server = make_server("127.0.0.1", 0, make_wsgi_chain(DictBackend(repositories)), handler_class=_Silent)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.usefixtures("program")
def test_a_remote_address_is_cloned(git: Repository, served: str, settings: Settings) -> None:
    with cloned(served, settings) as path:
        assert head(path) == git.commits[-1]


@pytest.mark.usefixtures("program")
def test_a_remote_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(CarnetError, match=r"http://127\.0\.0\.1:1/docs"), cloned("http://127.0.0.1:1/docs", settings):
        pytest.fail("there was something")


@pytest.mark.usefixtures("program")
def test_a_remote_is_fetched_through_the_proxy_of_the_settings(settings: Settings) -> None:
    asked: list[tuple[str, str | None]] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Proxy-Authorization")))
            self.send_error(502)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        through = settings.with_option("net.http-proxy", f"http://user:secret@127.0.0.1:{server.server_port}")
        with pytest.raises(CarnetError), cloned("http://history.example/docs", through):
            pytest.fail("the proxy refuses")
        server.shutdown()
        thread.join()

    assert asked
    assert asked[0][0].startswith("http://history.example/docs")


@pytest.mark.parametrize(
    ("said", "free"),
    [(["fatal: remote transport reported error"], 0), (["fatal: write error: No space left on device"], 10**9)],
)
def test_a_full_disk_is_named_though_git_may_not_name_it(tmp_path: Path, said: list[str], free: int) -> None:
    fault = fault_of("history.bundle", said, tmp_path / "importing" / "x", free)
    assert isinstance(fault, StoreError)
    assert f"no space left in {tmp_path / 'importing'}" in str(fault)


def test_any_other_fault_of_git_keeps_its_own_words(tmp_path: Path) -> None:
    fault = fault_of("history.bundle", ["warning: x", "fatal: not a bundle"], tmp_path, 10**9)
    assert (type(fault), str(fault)) == (CarnetError, "history.bundle: git could not read it: not a bundle")
