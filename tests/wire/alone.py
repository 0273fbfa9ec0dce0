"""Runs an agent nobody changed where there is no network but loopback, no home and no settings of this machine."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = ("/root", "/home", "/tmp", "/run", "/var/tmp", "/etc/claude-code")
INNER = """
set -eu
mount --bind "$1" /mnt
mount --bind "$2" /srv
for folder in $3; do if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder"; fi; done
mount --bind /srv/resolv.conf /etc/resolv.conf
cd /srv/work
shift 3
exec "$@"
"""
"""Binary and run folder go to fixed places before everything of this machine's people is hidden."""
PATIENCE = 300


@dataclass(frozen=True)
class Ran:
    """What a run left."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.out)
        return found


def networks() -> set[str]:
    """Names of the networks that there are here."""
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return {line.partition(":")[0].strip() for line in lines}


@dataclass(frozen=True)
class Machine:
    """A home and a project of its own, and the agent's program."""

    program: Path
    folder: Path

    def set_up(self, files: Mapping[str, str]) -> Machine:
        for name in ("home", "work"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        for name, content in files.items():
            (self.folder / "work" / name).write_text(content)
        return self

    def run(self, *args: str, **environ: str) -> Ran:
        """Run the agent. Refuses to where there is any network but loopback."""
        assert networks() == {"lo"}, "run it by `make wire`, where there is no network but loopback"
        clean = {"PATH": "/usr/bin:/bin", "HOME": "/srv/home", "TERM": "dumb", **environ}
        apart = ("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")
        inner = ("sh", "-c", INNER, "sh", str(self.program.parent), str(self.folder), " ".join(HIDDEN))
        done = subprocess.run(
            [*apart, *inner, f"/mnt/{self.program.name}", *args],
            env=clean, capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)
