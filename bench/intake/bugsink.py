"""Bugsink as its own guide sets it up on one server: gunicorn and snappea, over SQLite, on loopback, and quiet.

It is whatever lies in the environment that CARNET_BUGSINK names: `python3 -m venv DIR && DIR/bin/pip install bugsink`.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stacks import Running, free_port, process, until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = f"""
from projects.models import Project
from teams.models import Team
team = Team.objects.create(name="bench")
Project.objects.create(name="bench", team=team, sentry_key="{KEY}")
"""
QUOTAS = ("5_MINUTES", "HOUR", "MONTH")


def _configured(home: Path, folder: Path) -> None:
    conf = folder / "bugsink_conf.py"
    words = ["--template=singleserver", "--host=localhost", f"--base-dir={folder}", f"--output-file={conf}"]
    subprocess.run([home / "bin" / "bugsink-create-conf", *words], check=True, capture_output=True)
    lines = ['BUGSINK["PHONEHOME"] = False']
    lines += [f'BUGSINK["MAX_EVENTS_{of}{per}"] = 10**9' for of in ("PER_", "PER_PROJECT_PER_") for per in QUOTAS]
    conf.write_text(conf.read_text() + "\n" + "\n".join(lines) + "\n")


@contextmanager
def bugsink(folder: Path, core: int) -> Iterator[Running]:
    """It listens with one worker, and digests beside it; `pid` is gunicorn's, so that accepting alone is measured."""
    home = Path(os.environ.get("CARNET_BUGSINK", ""))
    if not (home / "bin" / "bugsink-manage").exists():
        raise SystemExit(f"CARNET_BUGSINK names no environment with bugsink in it; see the top of {__file__}")
    folder.mkdir(parents=True)
    _configured(home, folder)
    environ = {"DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONPATH": str(folder), "HOME": str(folder)}
    manage, whole = str(home / "bin" / "bugsink-manage"), {**os.environ, **environ}
    for words in (["migrate"], ["migrate", "--database=snappea"], ["shell", "-c", PROJECT]):
        done = subprocess.run([manage, *words], env=whole, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"bugsink-manage {words[0]}: {done.stderr[-2000:]}")
    port, log = free_port(), folder / "gunicorn.out"
    words = [str(home / "bin" / "gunicorn"), f"--bind=127.0.0.1:{port}", "--workers=1", "bugsink.wsgi"]
    with (
        process([str(home / "bin" / "bugsink-runsnappea")], environ, folder / "snappea.out", core) as digesting,
        process(words, environ, log, core) as started,
    ):
        until_listening(port, started, log)
        time.sleep(3)
        version = subprocess.run(
            [home / "bin" / "python", "-c", "from importlib.metadata import version; print(version('bugsink'))"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        yield Running("Bugsink", port, started.pid, KEY, facts={"version": version, "digesting": str(digesting.pid)})
