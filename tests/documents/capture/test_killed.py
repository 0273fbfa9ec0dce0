"""A run that is killed loses nothing that it recorded, and the next one completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from carnet.stores import open_store
from tests import make

from .test_tasks import LONG, Watching

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store

    from .site import Site

PAGES = 40


def test_a_run_killed_midway_leaves_an_intact_store_and_the_next_run_completes_it(
    store: Store, site: Site, near: Settings, data: Path, home: Path
) -> None:
    watching = Watching(store, site, near)
    for number in range(PAGES):
        site.page(f"/{number}.md", LONG + b"%d\n" % number)
    documents = [
        store.documents.add_document(make.document(f"d{n}", url=site.url(f"/{n}.md"), watched=True))
        for n in range(PAGES)
    ]
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(home), "CARNET_DATA": str(data), "CARNET_WATCH_HOST_PAUSE": "20ms",
        "CARNET_WATCH_ALLOW_PRIVATE": "127.0.0.1",
    }  # fmt: skip
    program = "from carnet.cli.main import main; import sys; sys.argv = ['carnet', 'capture', '--all']; main()"
    running = subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE)
    while len(site.requests) < PAGES // 2 and running.poll() is None:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    running.communicate()

    recorded = [document for document in documents if store.documents.counts(document.id)[0]]
    assert 0 < len(recorded) < PAGES
    assert all(watching.texts(document)[0].startswith(LONG) for document in recorded)
    outcomes = dict(zip((each.id for each in documents), watching.outcomes(*documents), strict=True))
    assert {each.id for each in documents if outcomes[each.id] == "unchanged"} == {each.id for each in recorded}
    store.close()
    again = open_store(near)
    assert all(again.documents.counts(document.id)[1] == 1 for document in documents)
    again.close()
