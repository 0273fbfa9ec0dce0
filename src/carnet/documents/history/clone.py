"""A bundle or a remote repository, brought into a bare repository that is gone afterwards."""

from __future__ import annotations

import fcntl
import shutil
import ssl
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.history import dulwich_clone
from carnet.documents.history.head import only_branch
from carnet.errors import CarnetError, StoreError
from carnet.settings import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from carnet.settings import Settings

SCANT = 64 * 1024
"""Free bytes below which a failed clone is put down to the full disk."""
INHERITED = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
)
"""Names a hook of another repository leaves in the environment; git would work on that one."""


@contextmanager
def cloned(address: str, settings: Settings) -> Iterator[Path]:
    """A bare clone of a bundle file or a remote address, removed when the block ends, however it ends."""
    with _scratch(settings.data / "importing") as folder:
        target = folder / "history.git"
        if shutil.which("git"):
            _clone_by_git(address, target, folder, settings)
        elif Path(address).is_file():
            dulwich_clone.unbundle(Path(address), target)
        else:
            dulwich_clone.fetch(address, target, settings)
        yield target


@contextmanager
def _scratch(above: Path) -> Iterator[Path]:
    """A folder of our own in `above`; what a killed import left there goes first."""
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.iterdir():
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(dir=above))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove a scratch folder whose import no longer runs (its lock is free)."""
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return


def _clone_by_git(address: str, target: Path, folder: Path, settings: Settings) -> None:
    command = ["git", "clone", "--quiet", "--bare", "--no-tags", "--", address, str(target)]
    failed, errors = _git(command, child_environment(_environment(folder, settings), INHERITED))
    if failed:
        said = errors.decode("utf-8", "replace").strip().splitlines()
        raise fault_of(address, said, folder, shutil.disk_usage(folder).free)
    _point_head(target, address)


def _git(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Exit code and complaints of git, which is gone when this ends, however it ends."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as git:
        try:
            import pygit2  # noqa: F401, PLC0415 - what reads the clone next is loaded while git works

            errors = git.communicate()[1]
        except BaseException:
            git.kill()
            raise
    return git.returncode, errors


def fault_of(address: str, said: list[str], folder: Path, free: int) -> CarnetError:
    """What a failed clone means; git often says nothing of a full disk, so the bytes that are `free` are asked too."""
    if free < SCANT or any("No space left" in line for line in said):
        return StoreError(
            f"no space left in {folder.parent}, where {address} is unpacked before it is read; "
            "nothing was imported: make room and repeat"
        )
    return CarnetError(f"{address}: git could not read it: {_reason(said)}")


def _reason(said: list[str]) -> str:
    """The line of git's that tells most: its last `fatal` or `error`."""
    telling = [line for line in said if line.startswith(("fatal:", "error:"))] or said or ["it gave no reason"]
    return telling[-1].removeprefix("fatal: ").removeprefix("error: ")


def _point_head(target: Path, address: str) -> None:
    """A bundle may name branches but no HEAD: its only branch is meant then."""
    head = (target / "HEAD").read_text("utf-8").strip().removeprefix("ref: ")
    packed = target / "packed-refs"
    lines = packed.read_text("utf-8").splitlines() if packed.is_file() else []
    branches = {line.split(" ")[1] for line in lines if " refs/heads/" in line}
    branches |= {str(path.relative_to(target)) for path in (target / "refs/heads").rglob("*") if path.is_file()}
    if head in branches or not head.startswith("refs/"):
        return
    (target / "HEAD").write_text(f"ref: {only_branch(branches, address)}\n", "utf-8")


def _environment(folder: Path, settings: Settings) -> Mapping[str, str]:
    """What makes git ask nobody, run nothing but transports, and go out as Carnet does."""
    names = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "LC_ALL": "C",
        "https_proxy": settings["net.https-proxy"],
        "http_proxy": settings["net.http-proxy"],
        "no_proxy": settings["net.no-proxy"],
        "GIT_SSL_CERT": settings["net.client-cert"],
        "GIT_SSL_KEY": settings["net.client-key"] or settings["net.client-cert"],
        "GIT_SSL_CAINFO": _trusted(folder, settings),
    }
    return {name: value for name, value in names.items() if value}


def _trusted(folder: Path, settings: Settings) -> str:
    """One file of the system's CA certificates and ours: git takes a single file instead of the system's."""
    if not settings["net.ca-bundle"]:
        return ""
    system = ssl.get_default_verify_paths().cafile
    parts = [Path(system).read_bytes()] if system else []
    together = folder / "trusted.pem"
    together.write_bytes(b"\n".join([*parts, Path(settings["net.ca-bundle"]).expanduser().read_bytes()]))
    return str(together)
