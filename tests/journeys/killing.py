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
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carnet.errors import GoneError
from carnet.model.record import HOLD
from carnet.records import rotating
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.holding import hold, release
from carnet.records.keeping import resume, tidy
from carnet.records.receipts import past, receipt_faults
from carnet.stores.embedded import database
from carnet.stores.embedded import records as embedded
from carnet.stores.embedded.database import SqliteDatabase
from carnet.stores.embedded.objects import LocalObjects
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.embedded.slots import SlotFiles
from tests.records.kept import ACME, ANN, NOW, PAT, QUINN, Shelf
from tests.records.objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.records.keeping import Round

TURN = "the same words of the conversation again and again " * 12


class Steps:
    """Counts durable steps of this process, and kills it behind one of them."""

    def __init__(self, last: int) -> None:
        self.left = last
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
            os.kill(os.getpid(), signal.SIGKILL)
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
        original = SqliteDatabase.writing

        @contextmanager
        def writing(database: SqliteDatabase) -> Iterator[Any]:
            with original(database) as connection:
                yield connection
            self.taken()

        setattr(SqliteDatabase, "writing", writing)  # noqa: B010


@dataclass
class World:
    """What was kept before the operation: bodies by id, and ids by the account and session they are of."""

    bodies: dict[str, str]
    sessions: dict[str, list[str]]
    now: str

    def ids(self, *sessions: str) -> set[str]:
        return {one for session in sessions for one in self.sessions[session]}

    def others(self, *sessions: str) -> set[str]:
        return set(self.bodies) - self.ids(*sessions)


@dataclass(frozen=True)
class Outcome:
    """What the next process has before it."""

    shelf: Shelf
    world: World
    round: Round
    done: bool
    """Whether the operation had returned."""
    acknowledged: dict[str, str]

    def there(self, ids: set[str]) -> None:
        assert ids <= self.shelf.ids(), "lost"
        for one in ids:
            assert self.shelf.shown(one).decode() == self.world.bodies[one]

    def gone(self, ids: set[str]) -> None:
        assert not ids & self.shelf.ids(), "still listed"
        for one in ids:
            try:
                self.shelf.shown(one)
            except GoneError:
                continue
            raise AssertionError(f"still shown: {self.world.bodies[one]}")

    def erased(self, records: int, sessions: int) -> None:
        """One receipt was written, and its numbers are those of what there was."""
        rows = past(self.shelf.store)
        assert [(row["records"], row["sessions"]) for row in rows] == [(records, sessions)], rows
        assert str(rows[0]["asked"]) <= str(rows[0]["keys_destroyed"]) <= str(rows[0]["finished"])
        for receipt in self.round.receipts:
            assert receipt_faults(receipt.answer) == []


@dataclass(frozen=True)
class Operation:
    """Something that is killed, and what is right afterwards."""

    run: Callable[[Shelf, Callable[[str, str], None]], None]
    check: Callable[[Outcome], None]
    again: Callable[[Shelf], None] | None = None
    """The same once more, where that differs from doing it for the first time."""
    before: Callable[[Shelf], None] = lambda _shelf: None
    later: timedelta = timedelta(0)
    """After what was there before."""


# --- the operations


def _put(shelf: Shelf, acknowledge: Callable[[str, str], None]) -> None:
    for body, session, others in (
        ("one more turn", "s1", {}),
        ("a first turn", "s9", {}),
        ("feedback", "s9", {"kind": "feedback", "flow": "feedback"}),
    ):
        acknowledge(shelf.later(minutes=1).kept(body, ANN, session, **others), body)


def _check_put(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    for one, body in out.acknowledged.items():
        assert out.shelf.shown(one).decode() == body
    assert set(out.acknowledged) <= out.shelf.ids()
    for one in out.shelf.ids() - set(out.world.bodies):
        assert out.shelf.shown(one).decode() in {"one more turn", "a first turn", "feedback"}


def _delete(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.erase(account=ANN, session="s1")


def _check_delete(out: Outcome) -> None:
    out.there(out.world.others("ann s1"))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids("ann s1"))
        out.erased(4, 1)
    else:
        out.there(out.world.ids("ann s1"))


def _delete_account(shelf: Shelf, _acknowledge: object = None) -> None:
    delete_account(shelf.store, shelf.keyring, shelf.account(ANN), lambda: shelf.now)


def _check_delete_account(out: Outcome) -> None:
    out.there(out.world.others("ann s1", "ann s2"))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids("ann s1", "ann s2"))
        out.erased(5, 2)
        assert out.shelf.store.directory.account(ANN) is None
    else:
        out.there(out.world.ids("ann s1", "ann s2"))


def _account_again(shelf: Shelf) -> None:
    if shelf.store.directory.account(ANN) is not None:
        _delete_account(shelf)


def _delete_organisation(shelf: Shelf, _acknowledge: object = None) -> None:
    delete_organisation(shelf.store, shelf.keyring, shelf.organisation("people"), lambda: shelf.now)


def _check_delete_organisation(out: Outcome) -> None:
    theirs = ("pat s1", "pat s3", "quinn s1", "pat held")
    out.there(out.world.others(*theirs))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids(*theirs))
        out.erased(6, 4)
        assert {one.name for one in out.shelf.store.directory.organisations()} == {ACME}
    else:
        out.there(out.world.ids(*theirs))


def _organisation_again(shelf: Shelf) -> None:
    if any(one.name == "people" for one in shelf.store.directory.organisations()):
        _delete_organisation(shelf)


def _hold(shelf: Shelf, _acknowledge: object = None) -> None:
    sessions = [one for one in shelf.sessions("s1") if one.account == shelf.account(PAT).id]
    hold(shelf.store, shelf.keyring, sessions, "a matter", shelf.now)


def _check_hold(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    names = {one.session.name for one in out.shelf.store.catalogue.holds()}
    assert not out.done or names == {"s1"}
    places = {one.id: one.partition for one in out.shelf.everything()}
    for one in out.world.ids("pat s1"):
        assert (places[one] == HOLD) == bool(names)


def _before_release(shelf: Shelf) -> None:
    _hold(shelf)
    shelf.later(minutes=1).kept("while it is held", PAT, "s1")
    assert shelf.erase(account=PAT, session="s1").queued


def _release(shelf: Shelf, _acknowledge: object = None) -> None:
    sessions = [one.session for one in shelf.store.catalogue.holds()]
    release(shelf.store, shelf.keyring, sessions, "settled", shelf.now)
    resume(shelf.store, shelf.keyring, shelf.now)


def _check_release(out: Outcome) -> None:
    out.there(out.world.others("pat s1"))
    if out.shelf.store.catalogue.holds():
        assert not out.done
        out.there(out.world.ids("pat s1"))
        assert len(out.shelf.store.catalogue.works()) == 1
    else:
        out.gone(out.world.ids("pat s1"))
        out.erased(4, 1)


def _release_again(shelf: Shelf) -> None:
    if shelf.store.catalogue.holds():
        _release(shelf)


def _keeper(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.keep(idle=timedelta(0))


def _check_expire(out: Outcome) -> None:
    over = {one for one, body in out.world.bodies.items() if body[-6:] in {"turn 0", "turn 1", "turn 2", "metric"}}
    out.gone(over)
    out.there(set(out.world.bodies) - over)


def _check_drop(out: Outcome) -> None:
    stay = {one for one in out.world.ids("pat s1", "pat s3", "pat held") if "metric" not in out.world.bodies[one]}
    out.gone(set(out.world.bodies) - stay)
    out.there(stay)


def _consent_off(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.consent(PAT, "off")


def _check_consent_off(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    consents = out.shelf.account(PAT).consent
    assert not (out.done and consents)
    for one in out.shelf.listed(account=PAT):
        longest = timedelta(days=30 if one.lane.kind != "feedback" else 1827)
        assert consents or (one.expires - one.created <= longest and not one.lane.training)


def _check_all_there(out: Outcome) -> None:
    out.there(set(out.world.bodies))


def _rotate(shelf: Shelf, _acknowledge: object = None) -> None:
    work = rotating.begin(shelf.store, shelf.keyring, shelf.organisation("people").id, shelf.now)
    rotating.rotate(shelf.store, shelf.keyring, work, shelf.now)


def _check_rotate(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    epochs = [epoch for _, epoch in out.shelf.store.catalogue.org_keys()]
    assert sorted(epochs) in ([1, 1], [1, 2]), "an older key is left"


def _rotate_root(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.keyring.rotate_root()


OPERATIONS: dict[str, Operation] = {
    "put": Operation(_put, _check_put),
    "delete": Operation(_delete, _check_delete),
    "delete-account": Operation(_delete_account, _check_delete_account, _account_again),
    "delete-organisation": Operation(_delete_organisation, _check_delete_organisation, _organisation_again),
    "hold": Operation(_hold, _check_hold),
    "release": Operation(_release, _check_release, _release_again, _before_release),
    "expire": Operation(_keeper, _check_expire, later=timedelta(days=29, hours=23)),
    "drop": Operation(_keeper, _check_drop, later=timedelta(days=40)),
    "consent-off": Operation(_consent_off, _check_consent_off),
    "pack": Operation(_keeper, _check_all_there),
    "rotate": Operation(_rotate, _check_rotate),
    "rotate-root": Operation(_rotate_root, _check_all_there),
}


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

    run(folder, operation, world, acknowledge, last)


def run(
    folder: Path, operation: Operation, world: World, acknowledge: Callable[[str, str], None], last: int | None = None
) -> None:
    """Open the store and run the operation on it; `last` is its last durable step."""
    shelf = Shelf(EmbeddedRecords(folder), datetime.fromisoformat(world.now) + operation.later)
    if last is not None:
        Steps(last)
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
    create_engine: Callable[..., Any] = vars(database)["create_engine"]
    objects = vars(embedded)["LocalObjects"]
    made: list[Any] = []

    def sharing(*args: Any, **named: Any) -> Any:
        made.append(create_engine(*args, **named))
        made[-1].dialect, made[-1]._compiled_cache = made[0].dialect, made[0]._compiled_cache
        return made[-1]

    vars(database)["create_engine"] = sharing
    vars(embedded)["LocalObjects"] = lambda _folder: MemoryObjects()  # before a fork no library may start threads
    prepare(folder, _before_release, folder.with_name("warm.told"))
    with closing(EmbeddedRecords(folder)) as store:
        shelf = Shelf(store, NOW + timedelta(days=30))
        shelf.keep(idle=timedelta(0))
        shelf.faults()
        _release(shelf)
        _delete(shelf)
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
