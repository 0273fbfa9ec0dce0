"""The embedded store in bad times: killed, full, damaged, held by another process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded.store import EmbeddedStore
from tests import make

if TYPE_CHECKING:
    from pathlib import Path

RECORDER = """
import os, sys
from pathlib import Path
from carnet.stores.embedded.store import EmbeddedStore
from tests import make

store = EmbeddedStore(Path(sys.argv[1]))
owner = store.documents.add_document(make.document()).id
done = store.documents.counts(owner)[0]
while True:
    batch = [make.observation(owner, n, b"%d\\n" % n * 500) for n in range(done, done + 3)]
    done += len(store.documents.record(batch))
    os.write(1, b"%d\\n" % done)
"""

FILLER = """
import resource, signal, sys
from pathlib import Path
from carnet.errors import StoreError
from carnet.stores.embedded.store import EmbeddedStore
from tests import make

store = EmbeddedStore(Path(sys.argv[1]))
owner = store.documents.add_document(make.document()).id
store.documents.record([make.observation(owner, 0, b"before")])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
import random
done = 0
try:
    for done in range(1, 1000):
        store.documents.record([make.observation(owner, done, random.randbytes(30_000))])
except StoreError as error:
    print(done, error)
print(store.documents.counts(owner)[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.documents.record([make.observation(owner, done, b"after")])
print(store.documents.counts(owner)[0])
store.close()
"""


def started(code: str, data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True)


def sound(data: Path) -> bool:
    with closing(sqlite3.connect(data / "carnet.db")) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_a_kill_loses_nothing_that_was_acknowledged(data: Path) -> None:
    acknowledged = 0
    for wanted in (1, 7, 15):
        with started(RECORDER, data) as recorder:
            assert recorder.stdout is not None
            for line in recorder.stdout:
                acknowledged = int(line)
                if acknowledged >= wanted * 3:
                    recorder.send_signal(signal.SIGKILL)
                    break
            acknowledged = max([acknowledged, *map(int, recorder.stdout.read().split())])
        with closing(EmbeddedStore(data)) as store:
            [document] = store.documents.documents()
            versions = store.documents.versions(document.id)
            assert len(versions) in {acknowledged, acknowledged + 3}
            texts = [store.documents.text(version.digest) for version in versions]
            assert texts == [b"%d\n" % n * 500 for n in range(len(versions))]
        assert sound(data)


def test_a_full_disk_is_said_plainly_and_the_store_stays_whole(data: Path) -> None:
    with started(FILLER, data) as filler:
        told, counted, after = filler.communicate()[0].splitlines()
    step, _, words = told.partition(" ")
    assert words.startswith("no space left")
    assert "carnet.db" in words
    assert "nothing of this step was written" in words
    assert int(counted) == int(step)  # the first one and those before the failed step
    assert int(after) == int(step) + 1
    assert sound(data)


def test_damage_inside_is_said_with_the_name_of_the_file(data: Path) -> None:
    with closing(EmbeddedStore(data)) as store:
        owner = store.documents.add_document(make.document()).id
        store.documents.record([make.observation(owner, n, os.urandom(2000)) for n in range(200)])
    file = data / "carnet.db"
    with file.open("r+b") as stream:
        stream.seek(3 * 4096)
        stream.write(b"\xa5" * (file.stat().st_size - 3 * 4096))
    with closing(EmbeddedStore(data)) as store, pytest.raises(StoreError, match=r"carnet\.db is damaged: "):
        store.documents.versions(owner)


def test_a_text_changed_behind_our_back_is_found_and_its_document_named(data: Path) -> None:
    with closing(EmbeddedStore(data)) as store:
        owner = store.documents.add_document(make.document()).id
        texts = [b"The first line.\n" * 40, b"The first line.\n" * 40 + b"Another.\n", b"Something else.\n" * 40]
        store.documents.record([make.observation(owner, n, text) for n, text in enumerate(texts)])
        digests = [version.digest for version in store.documents.versions(owner)]
    with closing(sqlite3.connect(data / "carnet.db")) as connection, connection:
        connection.execute("UPDATE body SET data = (SELECT data FROM body WHERE id = 3), size = 640 WHERE id = 1")
    with closing(EmbeddedStore(data)) as store:
        for digest in digests[:2]:
            with pytest.raises(StoreError, match=f"{digest} of agent/data-usage is damaged"):
                store.documents.text(digest)
        with pytest.raises(StoreError, match=r"agent/data-usage is damaged"):
            list(store.documents.texts(digests))


def test_bytes_that_cannot_be_decompressed_are_named(data: Path) -> None:
    with closing(EmbeddedStore(data)) as store:
        owner = store.documents.add_document(make.document()).id
        store.documents.record([make.observation(owner, 1)])
        [version] = store.documents.versions(owner)
    with closing(sqlite3.connect(data / "carnet.db")) as connection, connection:
        connection.execute("UPDATE body SET data = x'00ff00ff00ff'")
    with closing(EmbeddedStore(data)) as store, pytest.raises(StoreError, match=f"{version.digest} of agent/data"):
        store.documents.text(version.digest)


def test_what_was_removed_leaves_no_bytes_in_the_file(data: Path) -> None:
    secret = os.urandom(24).hex().encode()
    with closing(EmbeddedStore(data)) as store:
        store.set_note("key", secret.decode())
        store.set_note("key", "")
    assert secret not in (data / "carnet.db").read_bytes()


def test_another_process_reads_and_writes_beside_an_open_store(data: Path) -> None:
    with closing(EmbeddedStore(data)) as store, closing(EmbeddedStore(data)) as other:
        owner = store.documents.add_document(make.document()).id
        reading = store.documents.observations(owner)
        for n in range(5):
            (store, other)[n % 2].documents.record([make.observation(owner, n, b"%d" % n)])
        assert other.documents.counts(owner) == store.documents.counts(owner) == (5, 5)
        assert len(list(reading)) == 5


def test_a_curious_person_reads_times_and_outcomes_in_words(data: Path) -> None:
    with closing(EmbeddedStore(data)) as store:
        owner = store.documents.add_document(make.document()).id
        store.documents.record([make.observation(owner, n, b"A", source="git 1") for n in (1, 2)])
        [version] = store.documents.versions(owner)
    with closing(sqlite3.connect(data / "carnet.db")) as connection:
        captures = connection.execute("SELECT document, at, outcome, source FROM captures_readable ORDER BY at")
        assert captures.fetchall() == [
            ("agent/data-usage", "2026-04-01T01:00:00Z", "new", "git 1"),
            ("agent/data-usage", "2026-04-01T02:00:00Z", "unchanged", "git 1"),
        ]
        versions = connection.execute("SELECT document, number, at, digest, size, gone FROM versions_readable")
        assert versions.fetchall() == [("agent/data-usage", 1, "2026-04-01T01:00:00Z", version.digest, 1, 0)]
