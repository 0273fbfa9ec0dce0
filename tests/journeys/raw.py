"""What somebody finds who has the data folder, and every key that is left in it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.model.record import Scope
from carnet.records.dropping import RING
from carnet.records.opening import Opening
from carnet.records.sealing import NONCE, vouched
from carnet.records.surveying import partitions
from carnet.records.wrapping import combined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from carnet.model.record import Session
    from carnet.stores.records_contract import RecordStore
    from tests.records.kept import Shelf

_READER = """
import pathlib, sqlite3, sys
readers = []
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.db")):
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    for (table,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        reader.execute(f'SELECT count(*) FROM "{table}"').fetchall()
    readers.append(reader)
print(len(readers), flush=True)
sys.stdin.read()
"""


def containing(folder: Path, needle: bytes) -> list[str]:
    """Files, of all that there are below a folder, in which these bytes stand."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.relative_to(folder).as_posix() for path in files if needle in path.read_bytes()]


def in_the_clear(folder: Path, markers: Iterable[str]) -> list[str]:
    """Files that tell a marker, however it is written."""
    forms = [form for one in markers for form in (one.encode(), one.encode("utf-16-le"), one.encode().hex().encode())]
    contents = [(path, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return [path.relative_to(folder).as_posix() for path, content in contents if any(one in content for one in forms)]


@contextmanager
def reader(folder: Path) -> Iterator[None]:
    """Another process that holds a snapshot of every database open: locks of one process would be no others'."""
    command = [sys.executable, "-c", _READER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert int(process.stdout.readline()) > 0
        try:
            yield
        finally:
            process.stdin.close()
            process.wait()


@dataclass(frozen=True)
class Sealed:
    """A chunk as somebody copied it who had the folder before."""

    data: bytes
    about: bytes
    """What the seal vouches for: no secret."""


@dataclass(frozen=True)
class Copied:
    """What was there of some sessions: their wrapped keys, their sealed bytes, and the uids of their keys."""

    wrapped: tuple[bytes, ...]
    sealed: tuple[Sealed, ...]
    uids: tuple[bytes, ...]


def copied(shelf: Shelf, sessions: Collection[Session]) -> Copied:
    """Copy all there is of sessions, before it is erased; and that the keys there are do open it."""
    wrapped, sealed, uids = [], [], []
    for partition in partitions(shelf.store):
        where, opening = shelf.store.partition(partition.name), Opening(shelf.store, shelf.keyring, partition)
        keys = [one for one in where.scoped_keys(Scope()) if one.session in sessions]
        wrapped += shelf.store.keys.read(partition.name, [one.slot for one in keys])
        uids += [one.uid for one in keys]
        for one in where.chunks(Scope()):
            if one.key.session in sessions:
                about = vouched(one.uid, one.key.session, one.lane, one.created, one.base)
                sealed.append(Sealed(opening.data(one), about))
    found = Copied(tuple(wrapped), tuple(sealed), tuple(dict.fromkeys(uids)))
    assert found.wrapped
    assert all(found.wrapped)
    assert all(opens(one, keys_left(shelf.store, found.uids)) for one in found.sealed), "the copy is good"
    return found


def keys_left(store: RecordStore, uids: Collection[bytes]) -> set[bytes]:
    """Every key that can be had: of every slot of every file, unwrapped by every other, whatever it once was for."""
    ring = [form for form in store.keys.read(RING, store.keys.used(RING)) if form]
    root = store.root()
    epochs = [f"organisation {organisation} {epoch}" for organisation in range(1, 9) for epoch in range(1, 5)]
    parts = [f"partition {name}" for name in {*store.keys.files(), *store.partition_names()}]
    found = {root} | {
        plain
        for form in ring
        for what in (*epochs, *parts, "root check", "log.slot")
        if (plain := _tried(root, form, what))
    }
    both = {combined(one, other) for one in found for other in found}
    slots = [(file, store.keys.used(file)) for file in store.keys.files() if file != RING]
    forms = [form for file, used in slots for form in store.keys.read(file, used)]
    sessions = {
        plain
        for form in forms
        for by in both
        for uid in uids
        if (plain := _tried(by, form, f"session key {uid.hex()}"))
    }
    return found | both | sessions


def opens(one: Sealed, keys: Iterable[bytes]) -> bool:
    """Whether any of these keys opens sealed bytes."""
    for key in keys:
        try:
            AESGCM(key).decrypt(one.data[:NONCE], one.data[NONCE:], one.about)
        except InvalidTag:
            continue
        return True
    return False


def _tried(by: bytes, form: bytes, what: str) -> bytes | None:
    try:
        return AESGCM(by).decrypt(form[4:16], form[16:], form[:4] + what.encode())
    except InvalidTag:
        return None
