"""Background work of `carnet serve`: plain idempotent tasks, called when they are due. A failing one stops nothing."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.cli.forwarding import LOOK_EVERY, forward
from carnet.cli.keeper import Keeper
from carnet.cli.printing import harmless
from carnet.errors import CarnetError, place_of
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from carnet.model.document import Capture, Document
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Task:
    """Work that is due again and again: doing it twice, or at the same time as somebody else, does no harm."""

    name: str
    every: timedelta
    """Pause between two calls; the task itself decides what is due."""
    run: Callable[[Store, Settings, datetime], Awaitable[str]]
    """Does what is due and says in one line what it did; nothing to say is an empty line."""


def now() -> datetime:
    """The present instant (UTC)."""
    return datetime.now(UTC)


async def capture_due(store: Store, settings: Settings, at: datetime) -> str:
    """Capture every watched document whose time has come."""
    from carnet.documents.capture.tasks import capture_documents, due  # noqa: PLC0415 - it pays for the HTTP client

    watched = [document for document in store.documents.documents() if document.watched]
    chosen = due(store, watched, at, settings.duration("watch.every"))
    if not chosen:
        return ""
    captures = await capture_documents(store, chosen, settings, now)
    fresh = {capture.document for capture in captures if capture.outcome is Outcome.NEW}
    alarms = await asyncio.to_thread(alarm, store, [document for document in chosen if document.id in fresh])
    return "; ".join([summary(chosen, captures), *alarms])


async def judge_due(store: Store, settings: Settings, at: datetime) -> str:
    """Judge what a capture brought before it was stopped; each round judges its own."""
    del settings, at
    return "; ".join(await asyncio.to_thread(lambda: alarm(store, store.documents.documents())))


def alarm(store: Store, documents: Sequence[Document]) -> list[str]:
    """One line for every new version that puts rules of a pack in doubt; cosmetic ones are silent."""
    if not documents:
        return []
    from carnet.packs import load  # noqa: PLC0415 - few captures bring anything new
    from carnet.policy.drift_alerts import alert_line, judge_new  # noqa: PLC0415

    return [alert_line(one) for one in judge_new(store, load(), documents)]


def summary(documents: Sequence[Document], captures: Sequence[Capture]) -> str:
    """What a round of captures came to, in one line; failures with the same reason are told once."""
    counted = Counter(str(capture.outcome) for capture in captures)
    names = {document.id: document.full_name for document in documents}
    by_reason: dict[str, list[str]] = {}
    for capture in captures:
        if capture.why:
            by_reason.setdefault(capture.why, []).append(names.get(capture.document, "?"))
    told = [f"{among(members)}: {why}" for why, members in by_reason.items()]
    total = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counted.items()))
    return " ".join(f"{total} ({'; '.join(told)})".split()) if told else total


def among(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


class Ahead:
    """Derives the steps between versions ahead of the first reader, who would wait seconds for a long history."""

    def __init__(self) -> None:
        self._derived: dict[int, int] = {}

    async def __call__(self, store: Store, settings: Settings, at: datetime) -> str:
        """Look at documents that have other versions than last time. Nothing to say: it is a cache."""
        del settings, at
        for document in await asyncio.to_thread(store.documents.documents):
            versions = (await asyncio.to_thread(store.documents.counts, document.id))[1]
            if self._derived.get(document.id) != versions:
                await asyncio.to_thread(derive, store, document)
                self._derived[document.id] = versions
        return ""


def derive(store: Store, document: Document) -> None:
    from carnet.documents.transitions import transitions_of  # noqa: PLC0415 - it pays for pygit2

    transitions_of(store.documents, document)


def tasks(roles: Sequence[str] = ("watch", "keep")) -> tuple[Task, ...]:
    """All background work of these roles."""
    found = {
        "watch": (
            Task("watch", timedelta(seconds=5), capture_due),
            Task("derive", timedelta(seconds=10), Ahead()),
            Task("drift", timedelta(minutes=10), judge_due),
        ),
        "keep": (
            Task("keep", timedelta(minutes=1), Keeper()),
            Task("forward", timedelta(seconds=LOOK_EVERY), forward),
        ),
    }
    return tuple(task for role in roles for task in found.get(role, ()))


def say(line: str) -> None:
    """One line of the log."""
    sys.stderr.write(f"{now():%Y-%m-%d %H:%M:%S} UTC  {harmless(line)}\n")
    sys.stderr.flush()


async def repeat(task: Task, store: Store, settings: Settings, said: Callable[[str], None] = say) -> None:
    """Call a task until cancelled. Its fault is one line, told again only when it changes."""
    fault = ""
    while True:
        try:
            line = await task.run(store, settings, now())
            fault = ""
        except Exception as error:  # noqa: BLE001 - the loop outlives every task
            line = fault_line(error)
            fault, line = line, "" if line == fault else line
        if line:
            said(f"{task.name}: {line}")
        await asyncio.sleep(task.every.total_seconds())


def fault_line(error: Exception) -> str:
    """A fault in one line. What is no word of ours may quote what was worked on, and stays out."""
    if isinstance(error, CarnetError):
        return f"failed: {' '.join(str(error).split())}"
    reason = f", {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return f"failed: {type(error).__name__} at {place_of(error)}{reason}"


class Rounds:
    """The tasks in a thread of their own, with their own connection, so that no parsing delays a page."""

    def __init__(self, settings: Settings, work: Sequence[Task] | None = None) -> None:
        self._settings = settings
        self._tasks = tasks() if work is None else work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="carnet-rounds", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 5.0) -> None:
        """Cancel what is under way and wait for it; what was acknowledged is in the store already."""
        self._stopping.set()
        if self._loop is not None and self._work is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._work.cancel)
        self._thread.join(patience)

    def join(self) -> None:
        """Wait until the work has ended by itself."""
        self._thread.join()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._attend())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it
            say(f"background work stopped: {fault_line(error)}")

    async def _attend(self) -> None:
        from carnet.stores import open_store  # noqa: PLC0415 - it pays for SQLAlchemy

        with closing(open_store(self._settings)) as store:
            self._loop = asyncio.get_running_loop()
            self._work = self._loop.create_task(self._all(store))
            if not self._stopping.is_set():
                await self._work

    async def _all(self, store: Store) -> None:
        await asyncio.gather(*(repeat(task, store, self._settings) for task in self._tasks))
