from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pygit2
import pytest

from carnet.documents.history import repository
from carnet.documents.history.repository import Position, Reading, read_steps
from carnet.errors import CarnetError
from tests.documents.history.histories import BEGIN, LINK, SUBMODULE, FileMode, Notes, Repository

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.documents.history.step import Step


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "history.git")


def steps(git: Repository, after: Position | None = None, notes: Notes | None = None, *globs: str) -> list[Step]:
    return list(read_steps(Reading(git.path, str(git.path), globs), after, notes or Notes()))


def seen(step: Step) -> dict[str, bytes | None]:
    return {one.path: one.read() if one.read else None for one in step.seen}


def test_a_commit_is_a_step_with_the_files_it_changed(git: Repository) -> None:
    git.commit({"a.md": b"one\n", "guides/b.md": b"b\n"})
    git.commit({"a.md": b"two\n"})

    first, second = steps(git)

    assert seen(first) == {"a.md": b"one\n", "guides/b.md": b"b\n"}
    assert seen(second) == {"a.md": b"two\n"}
    assert (first.at, second.at) == (BEGIN, BEGIN + timedelta(days=1))
    assert [first.source, second.source] == [f"git {commit}" for commit in git.commits]


def test_the_order_is_the_historys_where_the_clock_stands_still_or_goes_back(git: Repository) -> None:
    for number, hour in enumerate((5, 5, 3, 6)):
        git.commit({"a.md": b"%d\n" % number}, BEGIN.replace(hour=hour))

    read = steps(git)

    assert [step.at.hour for step in read] == [5, 5, 3, 6]
    assert [step.order.hour for step in read] == [5, 5, 5, 6]


def test_only_first_parents_are_captures(git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    side = git.aside({"a.md": b"from a branch\n"})
    git.merge(side)
    git.commit({"a.md": b"two\n"})

    assert [seen(step) for step in steps(git)] == [{"a.md": b"one\n"}, {}, {"a.md": b"two\n"}]


def test_a_deleted_file_is_gone_and_a_renamed_one_is_gone_and_new(git: Repository) -> None:
    git.commit({"a.md": b"text\n"})
    git.commit({"a.md": None, "b.md": b"text\n"})
    git.commit({"b.md": None})

    assert [seen(step) for step in steps(git)][1:] == [{"a.md": None, "b.md": b"text\n"}, {"b.md": None}]


def test_symbolic_links_and_submodules_are_no_documents(git: Repository) -> None:
    git.commit({"a.md": b"text\n", "b.md": b"text\n"})
    git.commit({"link.md": b"a.md"}, mode=LINK)
    git.commit({"a.md": b"b.md"}, mode=LINK)
    entry = pygit2.IndexEntry("module.md", pygit2.Oid(hex=git.commits[0]), SUBMODULE)
    git._index.add(entry)
    git.commit({})

    assert [seen(step) for step in steps(git)][1:] == [{}, {"a.md": None}, {}]


def test_a_changed_file_mode_changes_no_text(git: Repository) -> None:
    git.commit({"a.md": b"text\n"})
    git.commit({"a.md": b"text\n"}, mode=FileMode.BLOB_EXECUTABLE)

    assert seen(steps(git)[1]) == {}


def test_other_files_are_left_out(git: Repository) -> None:
    git.commit({"a.md": b"a\n", "run.py": b"p\n", "B.TXT": b"b\n", "deep/down/c.html": b"<p>c"})

    assert set(seen(steps(git)[0])) == {"a.md", "B.TXT", "deep/down/c.html"}
    assert set(seen(steps(git, None, None, "*.py")[0])) == {"run.py"}


def test_a_file_too_large_is_skipped_by_name(git: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LARGEST", 10)
    git.commit({"a.md": b"0123456789", "b.md": b"0123456789+"})
    notes = Notes()

    assert set(seen(steps(git, None, notes)[0])) == {"a.md"}
    assert len(notes.notes) == 1
    assert "b.md" in notes.notes[0]
    assert git.commits[0][:12] in notes.notes[0]


def test_reading_goes_on_after_a_known_commit(git: Repository) -> None:
    for number in range(4):
        git.commit({"a.md": b"%d\n" % number})
    late = BEGIN + timedelta(days=30)

    rest = steps(git, Position(git.commits[1], late))

    assert [step.mark for step in rest] == git.commits[2:]
    assert [step.order for step in rest] == [late, late], "the order goes on where it was"


def test_an_unknown_commit_is_read_past(git: Repository) -> None:
    git.commit({"a.md": b"one\n"})

    assert len(steps(git, Position("0" * 40, BEGIN))) == 1


def test_an_empty_repository_says_so(git: Repository) -> None:
    with pytest.raises(CarnetError, match="empty git repository"):
        steps(git)


def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match="not a git repository"):
        list(read_steps(Reading(tmp_path, "here", ()), None, Notes()))


def test_a_missing_parent_is_an_incomplete_repository(git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    git.commit({"a.md": b"two\n"})
    lost = git.path / "objects" / git.commits[0][:2] / git.commits[0][2:]
    lost.unlink()

    with pytest.raises(CarnetError, match=f"commit {git.commits[0][:12]} is missing"):
        steps(git)


def test_a_missing_file_is_an_incomplete_repository(git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    blob = str(git.git.create_blob(b"one\n"))
    (git.path / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(CarnetError, match="is missing or damaged"):
        steps(git)


def test_an_impossible_time_is_replaced_and_named(git: Repository) -> None:
    git.commit({"a.md": b"one\n"})
    git.raw_commit(git.blob_tree(b"a.md", b"two\n"), 10**12)
    git.commit({"a.md": b"three\n"})
    notes = Notes()

    assert [step.at for step in steps(git, None, notes)] == [BEGIN, BEGIN, BEGIN + timedelta(days=2)]
    assert "impossible time" in notes.notes[0]


def test_a_path_that_is_no_utf8_is_kept_readable(git: Repository) -> None:
    git.raw_commit(git.blob_tree(b"caf\xe9.md", b"x\n"), 1_700_000_000)

    (step,) = steps(git)

    assert [one.path for one in step.seen] == ["caf\\xe9.md"]
    assert step.at == datetime.fromtimestamp(1_700_000_000, UTC)
