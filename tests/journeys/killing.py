"""Kills an operation behind each of its durable steps, and looks at what the next process finds.

    python -m tests.journeys.killing OPERATION FOLDER

A process of its own, which forks for each step and touches no store itself: what threads and locks a library has would
not be those of a process that was started anew. Prints a line of JSON for each step that left something wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carnet.records.keeping import tidy
from carnet.stores.embedded import records as embedded
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.objects import LocalObjects
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.embedded.slots import SlotFiles
from tests.journeys.operations import OPERATIONS, Operation, Outcome, World
from tests.records.kept import ANN, NOW, PAT, QUINN, Shelf
from tests.records.objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


TURN = "the same words of the conversation again and again " * 12


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """Counts durable steps of this process, and does something behind one of them: kills it, where nobody says else."""

    def __init__(self, last: int, then: Callable[[], object] = kill) -> None:
        self.left = last
        self.then = then
        for owner, names in (
            (SlotFiles, ("append", "overwrite", "destroy", "drop")),
            (LocalObjects, ("put", "delete")),
            (EmbeddedRecords, ("drop_partition",)),
            (Path, ("replace",)),
        ):
            for name in names:
                setattr(owner, name, self._counted(getattr(owner, name)))
        self._count_removals()
        self._count_commits()

    def taken(self) -> None:
        if self.left == 0:
            self.then()
        self.left -= 1

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def counted(*args: Any, **named: Any) -> Any:
            found = function(*args, **named)
            self.taken()
            return found

        return counted

    def _count_removals(self) -> None:
        original = Path.unlink

        def unlink(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is declared
            there = path.exists()
            original(path, missing_ok)
            if there:
                self.taken()

        setattr(Path, "unlink", unlink)  # noqa: B010 - a type checker would not have it assigned

    def _count_commits(self) -> None:
        for name in ("writing", "putting"):
            setattr(SqliteDatabase, name, self._committing(getattr(SqliteDatabase, name)))

    def _committing(self, original: Callable[[SqliteDatabase], AbstractContextManager[Any]]) -> Callable[..., Any]:
        @contextmanager
        def committing(database: SqliteDatabase) -> Iterator[Any]:
            with original(database) as connection:
                yield connection
            self.taken()

        return committing


# --- what was there before


def prepare(folder: Path, before: Callable[[Shelf], None], told: Path) -> None:
    """Conversations loose and packed, of several people, classes and repositories; a file says what they are."""
    with closing(EmbeddedRecords(folder)) as store:
        shelf = Shelf(store).settle()
        for turn in range(2):
            shelf.later(minutes=1).kept(f"{TURN} turn {turn}", ANN, "s1")
            shelf.kept(f"{TURN} of pat {turn}", PAT, "s1")
        shelf.kept("a metric", PAT, "s1", kind="metric", flow="metrics")
        shelf.later(hours=1).keep()
        shelf.kept(f"{TURN} turn 2", ANN, "s1")
        shelf.later(hours=2).kept(f"{TURN} turn 3", ANN, "s1")
        shelf.kept("in one place", ANN, "s2")
        shelf.kept("in a repository", PAT, "s3", repository="git.test/r")
        shelf.kept("without consent", QUINN, "s1")
        shelf.kept("another", PAT, "held")
        before(shelf)
        people = {shelf.account(one).id: one.split("@")[0] for one in (ANN, PAT, QUINN)}
        bodies, sessions = {}, dict[str, list[str]]()
        for one in shelf.everything():
            bodies[one.id] = shelf.shown(one.id).decode()
            sessions.setdefault(f"{people[one.session.account]} {one.session.name}", []).append(one.id)
        told.write_text(json.dumps([bodies, sessions, shelf.now.isoformat()]))


def killed(folder: Path, operation: Operation, world: World, last: int, acks: Path) -> None:
    """In a child: run the operation, and be killed behind its step of that number."""
    acks.write_text("")

    def acknowledge(record: str, body: str) -> None:
        with acks.open("a") as stream:
            stream.write(json.dumps([record, body]) + "\n")

    run(folder, operation, world, acknowledge, lambda: Steps(last))


def run(
    folder: Path,
    operation: Operation,
    world: World,
    acknowledge: Callable[[str, str], None],
    begin: Callable[[], object] = lambda: None,
) -> None:
    """Open the store and run the operation on it, once something else was done."""
    shelf = Shelf(EmbeddedRecords(folder), datetime.fromisoformat(world.now) + operation.later)
    begin()
    operation.run(shelf, acknowledge)


def examined(folder: Path, operation: Operation, world: World, acks: Path, *, done: bool) -> None:
    """In a child: what the next process finds, that one round of the keeper brings it in order, and that the operation
    can be repeated.
    """
    acknowledged = dict(json.loads(line) for line in acks.read_text().splitlines())
    with closing(EmbeddedRecords(folder)) as store:
        shelf = Shelf(store, datetime.fromisoformat(world.now) + operation.later + timedelta(minutes=5))
        out = Outcome(shelf, world, shelf.keep(), done, acknowledged)
        operation.check(out)
        orderly(folder, shelf)
        (operation.again or operation.run)(shelf, *([] if operation.again else [lambda _record, _body: None]))


def orderly(folder: Path, shelf: Shelf) -> None:
    """Nothing is wrong, and nothing is left over."""
    found = shelf.faults()
    assert not found, found
    assert tidy(shelf.store, shelf.keyring) == 0
    waiting = {one.session for one in shelf.store.catalogue.holds()}
    assert waiting or not shelf.store.catalogue.works()
    names = {one.name for one in shelf.store.catalogue.partitions()}
    assert {path.name for path in (folder / "keys").iterdir()} <= {
        *("root.key", "ring.slots"),
        *(f"{name}.slots" for name in names),
    }
    files = {path.name for path in (folder / "records").iterdir()}
    databases = {"catalogue.db", *(f"part-{name}.db" for name in names)}
    assert files <= {"lock", *(name + suffix for name in databases for suffix in ("", "-wal", "-shm"))}, files
    held = {one for name in names for one in shelf.store.partition(name).objects()}
    assert set(shelf.store.objects.names("bodies")) == held


def forked(work: Callable[[], None]) -> tuple[int, str]:
    """Run something in a child: the signal that ended it, and what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            work()
        except SystemExit as error:
            os._exit(int(str(error)))
        except BaseException:  # noqa: BLE001 - whatever it is, the parent is told
            os.write(writing, traceback.format_exc()[-3000:].encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


def warm(folder: Path) -> None:
    """Compile statements once for all children: they would each do it for each file, and that is most of their time."""
    objects = vars(embedded)["LocalObjects"]
    vars(embedded)["LocalObjects"] = lambda _folder: MemoryObjects()  # before a fork no library may start threads
    prepare(folder, OPERATIONS["release"].before, folder.with_name("warm.told"))
    with closing(EmbeddedRecords(folder)) as store:
        shelf = Shelf(store, NOW + timedelta(days=30))
        shelf.keep(idle=timedelta(0))
        shelf.faults()
        for name in ("release", "delete"):
            OPERATIONS[name].run(shelf, lambda _record, _body: None)
    vars(embedded)["LocalObjects"] = objects


def main(name: str, folder: Path) -> int:
    operation = OPERATIONS[name]
    warm(folder / "warm")
    prepared, copy, acks, told = folder / "prepared", folder / "copy", folder / "acks", folder / "world"

    ended, raised = forked(lambda: prepare(prepared, operation.before, told))
    if ended:
        raise SystemExit(raised)
    world = World(*json.loads(told.read_text()))
    last = 0
    while True:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(prepared, copy)
        ended, raised = forked(lambda number=last: killed(copy, operation, world, number, acks))  # type: ignore[misc]
        done = ended == 0
        if ended not in {0, -signal.SIGKILL}:
            sys.stdout.write(json.dumps({"step": last, "raised": raised}) + "\n")
            return 1
        wrong, raised = forked(lambda done=done: examined(copy, operation, world, acks, done=done))  # type: ignore[misc]
        if wrong:
            sys.stdout.write(json.dumps({"step": last, "done": done, "raised": raised or f"ended by {wrong}"}) + "\n")
        if done:
            sys.stdout.write(json.dumps({"steps": last}) + "\n")
            return 0
        last += 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
