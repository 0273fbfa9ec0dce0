"""Background work: due tasks are called, a failing one stops nothing, and all of it ends when told to."""

from __future__ import annotations

import asyncio
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.cli import rounds
from carnet.cli.rounds import Ahead, Rounds, Task, fault_line, repeat, summary
from carnet.errors import FetchError
from carnet.model.document import Capture, Document, Observation, Outcome
from tests.policy import shelves

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store

NOW = datetime(2031, 7, 1, tzinfo=UTC)
AT_ONCE = timedelta(0)


def _task(lines: list[str | Exception], every: timedelta = AT_ONCE) -> Task:
    """A task that says or raises one line after the other, and is cancelled at the end."""

    async def run(_store: Store, _settings: Settings, _at: datetime) -> str:
        if not lines:
            raise asyncio.CancelledError
        line = lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return line

    return Task("watch", every, run)


async def _said(store: Store, settings: Settings, lines: list[str | Exception]) -> list[str]:
    said: list[str] = []
    with pytest.raises(asyncio.CancelledError):
        await repeat(_task(lines), store, settings, said.append)
    return said


async def test_what_a_task_did_is_one_line_and_silence_is_none(store: Store, settings: Settings) -> None:
    assert await _said(store, settings, ["2 captures", "", "1 capture"]) == ["watch: 2 captures", "watch: 1 capture"]


async def test_a_failing_task_is_called_again(store: Store, settings: Settings) -> None:
    fault = FetchError("no route\nto host", "network")

    said = await _said(store, settings, [fault, "2 captures"])

    assert said == ["watch: failed: no route to host", "watch: 2 captures"]


async def test_the_same_fault_is_told_once_until_it_changes(store: Store, settings: Settings) -> None:
    fault, other = FetchError("no route", "network"), ZeroDivisionError("somebody's words")

    said = await _said(store, settings, [fault, fault, other, fault, "", fault])

    foreign = said.pop(1)
    assert said == ["watch: failed: no route"] * 3
    assert re.fullmatch(rf"watch: failed: ZeroDivisionError at {__name__}:\d+", foreign)


def test_what_the_system_says_is_told_without_the_name_of_a_file() -> None:
    assert fault_line(OSError(28, "No space left on device", "/home/ann")) == (
        "failed: OSError at nowhere, No space left on device"
    )


def test_a_round_of_captures_is_one_line_that_tells_each_reason_once() -> None:
    documents = [Document(n, "juniper", f"page-{n}", f"https://juniper.example/{n}") for n in range(1, 7)]
    captures = [Capture(n, n, NOW, Outcome.FAILED, "no route") for n in range(1, 5)]
    captures += [Capture(5, 5, NOW, Outcome.HELD, "it shrank\nby 80 %"), Capture(6, 6, NOW, Outcome.NEW)]

    assert summary(documents, captures) == (
        "4 failed, 1 held, 1 new (juniper/page-1 and 3 more: no route; juniper/page-5: it shrank by 80 %)"
    )
    assert summary(documents, captures[5:]) == "1 new"


def test_a_line_of_the_log_never_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rounds.say("watch: failed: \x1b[2J")

    assert capsys.readouterr().err.endswith(" UTC  watch: failed: \ufffd[2J\n")


def test_the_thread_does_its_work_on_a_store_of_its_own_and_ends_when_told(settings: Settings) -> None:
    seen: list[tuple[str, Store]] = []
    called = threading.Event()

    async def look(store: Store, _settings: Settings, _at: datetime) -> str:
        seen.append((threading.current_thread().name, store))
        called.set()
        return ""

    background = Rounds(settings, [Task("look", timedelta(hours=1), look)])
    background.start()
    assert called.wait(10)
    background.stop()

    assert not background.running
    assert [name for name, _ in seen] == ["carnet-rounds"]


def test_work_under_way_is_cancelled(settings: Settings) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    async def last_forever(_store: Store, _settings: Settings, _at: datetime) -> str:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()
        return ""

    background = Rounds(settings, [Task("sleep", AT_ONCE, last_forever)])
    background.start()
    assert begun.wait(10)
    background.stop()

    assert cancelled.is_set()
    assert not background.running


def test_a_store_that_cannot_be_opened_is_one_line(
    settings: Settings, capsys: pytest.CaptureFixture[str], data: object
) -> None:
    background = Rounds(settings.with_option("data", f"{data}\0"), [])
    background.start()
    background.join()

    assert "background work stopped: failed" in capsys.readouterr().err


@pytest.mark.usefixtures("history")
async def test_steps_are_derived_ahead_and_only_where_versions_are_new(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[str] = []
    real = rounds.derive

    def derive(store: Store, document: Document) -> None:
        derived.append(document.name)
        real(store, document)

    monkeypatch.setattr(rounds, "derive", derive)
    ahead = Ahead()
    documents = store.documents.documents()

    assert [await ahead(store, settings, NOW) for _ in range(2)] == ["", ""]
    assert derived == ["keeping", "training"]
    assert [len(store.documents.transitions(document.id)) for document in documents] == [3, 2]

    store.documents.record([Observation(documents[0].id, NOW, b"new text\n")])
    await ahead(store, settings, NOW)
    assert derived == ["keeping", "training", "keeping"]


@pytest.mark.parametrize(("watched", "calls"), [(True, 1), (False, 0)])
async def test_only_watched_documents_are_captured(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, calls: int, *, watched: bool
) -> None:
    store.documents.add_document(Document(0, "juniper", "a", "https://juniper.example/a", watched=watched))
    captured: list[str] = []

    async def capture(
        _store: Store, documents: list[Document], _settings: Settings, _clock: Callable[[], datetime]
    ) -> list[Capture]:
        captured.extend(document.name for document in documents)
        return []

    monkeypatch.setattr("carnet.documents.capture.tasks.capture_documents", capture)
    line: Awaitable[str] = rounds.capture_due(store, settings, NOW)

    assert await line == ""
    assert captured == ["a"] * calls


async def test_a_round_judges_what_captures_brought(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelves.shelve(store.documents, shelves.FIRST)
    made = shelves.pack(tmp_path, shelves.cited("kept", shelf.cite()))
    monkeypatch.setattr("carnet.packs.load", lambda: [made])
    assert await rounds.judge_due(store, settings, NOW) == ""
    store.documents.record([shelves.observe(shelf.document, shelves.DAYS[1], shelves.SECOND)])
    assert "1 rule stale (kept)" in await rounds.judge_due(store, settings, NOW)
    assert await rounds.judge_due(store, settings, NOW) == ""
