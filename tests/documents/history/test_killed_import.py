"""An import is killed with SIGKILL at odd moments; nothing acknowledged is lost and a re-run completes."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from carnet.documents.history.importing import Request, import_history
from carnet.stores import open_store
from tests.documents.history.histories import Repository, content

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings

IMPORT_AND_DIE = """
import os, signal, sys, threading
from carnet.documents.history import importing, recording
from carnet.settings import load
from carnet.stores import open_store
source, data, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
recording.BATCH_STEPS = 2
store = open_store(load({"CARNET_DATA": data}))
timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
timer.start()
importing.import_history(store, load({"CARNET_DATA": data}), importing.Request(source))
timer.cancel()
store.close()
"""


def test_an_import_killed_again_and_again_ends_as_one_that_was_not(settings: Settings, tmp_path: Path) -> None:
    git = Repository(tmp_path / "docs.git")
    for number in range(120):
        git.commit({"a.md": b"line\n" * 500 + b"%d\n" % (number % 7), f"b{number % 5}.md": b"%d\n" % number})
    bundle = git.bundle(tmp_path / "docs.bundle")
    whole = open_store(settings.with_option("data", str(tmp_path / "whole")))
    import_history(whole, settings, Request(str(bundle)))
    expected = content(whole)
    whole.close()

    killed = settings.with_option("data", str(tmp_path / "killed"))
    held, kills = 0, 0
    for milliseconds in (30, 90, 150, 210, 300, 60_000):
        command = [sys.executable, "-c", IMPORT_AND_DIE, str(bundle), str(killed.data), str(milliseconds / 1000)]
        ended = subprocess.run(command, check=False, capture_output=True)
        assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr.decode()
        kills += ended.returncode != 0
        store = open_store(killed)
        rows = sum(store.documents.counts(document.id)[0] for document in store.documents.documents())
        assert rows >= held, "what was recorded stays recorded"
        held = rows
        result = content(store)
        store.close()

    assert kills, "at least one import was killed, or this test tests nothing"
    assert result == expected
    assert list((killed.data / "importing").iterdir()) == [], "clones that killed imports left are gone"
