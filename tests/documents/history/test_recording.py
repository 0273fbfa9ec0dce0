from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from carnet.documents.history import recording
from carnet.documents.history.importing import Request, import_history
from carnet.model.document import Observation, Outcome
from carnet.stores import open_store
from tests.documents.history.histories import Notes, Repository, content

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.documents.history.recording import Imported
    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "docs.git")


def run(store: Store, settings: Settings, source: object) -> Imported:
    return import_history(store, settings, Request(str(source)))


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_an_import_cut_off_anywhere_is_completed_by_the_next(
    store: Store, settings: Settings, git: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    for number in range(7):
        git.commit({"a.md": b"%d\n" % (number % 3), f"b{number % 2}.md": b"%d\n" % number})
    whole = open_store(settings.with_option("data", str(tmp_path / "whole")))
    run(whole, settings, git.path)
    expected = content(whole)
    whole.close()
    monkeypatch.setattr(recording, "BATCH_STEPS", batch)

    for writes in range(1, 12):
        with patch.object(type(store), "set_note", _failing_after(type(store).set_note, writes)):
            try:
                run(store, settings, git.path)
                break
            except KeyboardInterrupt:
                assert len(content(store)) <= len(expected)
    run(store, settings, git.path)

    assert content(store) == expected


def test_a_commit_larger_than_a_batch_is_recorded_in_parts(
    store: Store, settings: Settings, git: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "BATCH_BYTES", 10)
    git.commit({f"{number}.md": b"0123456789\n" for number in range(5)})
    git.commit({"0.md": b"small\n"})
    sizes: list[int] = []
    record = type(store.documents).record

    def counted(self: object, observations: list[Observation]) -> object:
        sizes.append(len(observations))
        return record(self, observations)  # type: ignore[arg-type]

    with patch.object(type(store.documents), "record", counted):
        imported = run(store, settings, git.path)

    assert sizes == [1, 1, 1, 1, 1, 1]
    assert (imported.captures, imported.versions) == (2, 6)


def _failing_after(wrapped: object, writes: int) -> object:
    left = [writes]

    def set_note(self: object, key: str, value: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        wrapped(self, key, value)  # type: ignore[operator]

    return set_note


def test_a_page_that_cannot_be_read_is_a_failed_capture_and_named(
    store: Store, settings: Settings, git: Repository
) -> None:
    git.commit({"file.pdf": b"no PDF at all", "a.md": b"one\n"})
    notes = Notes()

    imported = import_history(store, settings, Request(str(git.path)), notes)

    assert "docs/file" in notes.notes[0]
    (document,) = [document for document in store.documents.documents() if document.name == "file"]
    (capture,) = store.documents.captures(document.id)
    assert (capture.outcome, capture.why) != (Outcome.NEW, "")
    assert store.documents.raw(capture.id) == b"no PDF at all"
    assert (imported.captures, imported.versions) == (1, 1)
    assert run(store, settings, git.path).captures == 0
