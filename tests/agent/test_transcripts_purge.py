"""What goes and what stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carnet.agent.transcripts_projects import find_project
from carnet.agent.transcripts_purge import COUNT, IN_USE, REMOVE, Act, Choice, Purged, purge
from carnet.errors import NotFoundError
from tests.agent.folders import DAY, STAMP, files, lived_in, places, put

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.transcripts_projects import Project


def _purged(
    folder: Path,
    days: float = 30,
    *named: str,
    act: Act = REMOVE,
    project: Project | None = None,
    quiet: float = IN_USE,
) -> Purged:
    return purge(folder, places(), Choice(STAMP - days * DAY, STAMP - quiet, project, frozenset(named)), act)


def _stamps(folder: Path) -> dict[str, tuple[int, ...]]:
    found = {name: (folder / name).stat() for name in files(folder)}
    return {name: (one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns) for name, one in found.items()}


def test_what_is_older_goes_and_everything_else_stays(tmp_path: Path) -> None:
    done = _purged(lived_in(tmp_path))

    assert files(tmp_path) == {
        "projects/-home-me-shop/s-young.jsonl",
        "projects/-home-me-shop/s-young/tool-results/b.txt",
        "projects/-home-me-shop/memory/MEMORY.md",
        "history.jsonl",
        "settings.json",
        ".credentials.json",
        "CLAUDE.md",
        "plugins/store/x/y.jsonl",
        "something-new.bin",
    }
    assert (done.files, done.lines, done.faults.count) == (9, 2, 0)
    assert not (tmp_path / "projects/-home-me-shop/s-old").exists()
    assert not (tmp_path / "projects/-home-me-blog").exists()
    assert (tmp_path / "plans").is_dir()


def test_counting_first_tells_the_same_and_touches_nothing(tmp_path: Path) -> None:
    before = _stamps(lived_in(tmp_path))

    counted = _purged(tmp_path, act=COUNT)

    assert _stamps(tmp_path) == before
    removed = _purged(tmp_path)
    assert (counted.files, counted.bytes, counted.lines) == (removed.files, removed.bytes, removed.lines)


def test_the_bytes_told_are_the_bytes_that_went(tmp_path: Path) -> None:
    lived_in(tmp_path)
    before = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    done = _purged(tmp_path)

    assert before - sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == done.bytes


def test_a_second_purge_finds_nothing(tmp_path: Path) -> None:
    _purged(lived_in(tmp_path))

    again = _purged(tmp_path)

    assert (again.files, again.lines) == (0, 0)


def test_notes_go_only_when_they_are_named_and_nothing_else_then(tmp_path: Path) -> None:
    done = _purged(lived_in(tmp_path), 30, "memory")

    assert set(done.gone) == {"memory"}
    assert (tmp_path / "projects/-home-me-shop/s-old.jsonl").exists()
    assert not (tmp_path / "projects/-home-me-shop/memory").exists()


def test_a_session_written_in_the_last_minutes_is_left_with_all_its_files(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/s.jsonl", 1 / 24 / 60)
    put(tmp_path, "projects/-p/s/tool-results/a", 5)
    put(tmp_path, "projects/-p/t.jsonl", 5)

    done = _purged(tmp_path, 0)

    assert files(tmp_path) == {"projects/-p/s.jsonl", "projects/-p/s/tool-results/a"}
    assert done.left["in use: written in the last minutes"].files == 2
    _purged(tmp_path, 0, quiet=-1)
    assert files(tmp_path) == set()


def test_of_a_project_go_its_sessions_wherever_they_left_files_and_its_prompts(tmp_path: Path) -> None:
    lived_in(tmp_path)
    project = find_project(tmp_path, places(), "/home/me/blog", tmp_path)

    done = _purged(tmp_path, project=project)

    assert {name: (count.files, count.lines) for name, count in done.gone.items()} == {
        "transcripts": (1, 0),
        "file-history": (1, 0),
        "history": (0, 1),
    }
    assert not (tmp_path / "file-history/s-blog").exists()
    assert (tmp_path / "file-history/s-old/1@v1").exists()


def test_a_project_is_found_by_its_folders_name_and_by_prompts_alone(tmp_path: Path) -> None:
    lived_in(tmp_path)

    assert find_project(tmp_path, places(), "-home-me-blog", tmp_path).sessions == {"s-blog"}
    (tmp_path / "projects/-home-me-blog/s-blog.jsonl").unlink()
    (tmp_path / "projects/-home-me-blog").rmdir()
    assert find_project(tmp_path, places(), "/home/me/blog", tmp_path).sessions == {"s-blog"}
    with pytest.raises(NotFoundError, match="-home-me-shop"):
        find_project(tmp_path, places(), "/home/me/none", tmp_path)


def test_a_link_in_the_folder_is_left_and_what_it_points_at_lives(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "s.jsonl", 90)
    folder = tmp_path / "agent"
    put(folder, "projects/-p/s.jsonl", 90)
    (folder / "projects/-p/l.jsonl").symlink_to(outside)
    (folder / "projects/-q").symlink_to(outside.parent)
    (folder / "plans").symlink_to(outside.parent)

    done = _purged(folder)

    assert outside.exists()
    assert done.files == 1
    assert (folder / "projects/-p/l.jsonl").is_symlink()


def test_a_file_that_becomes_a_link_just_before_it_goes_takes_nothing_with_it(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "s.jsonl", 90)
    folder = tmp_path / "agent"
    file = put(folder, "projects/-p/s.jsonl", 90)

    def swap(inside: int, name: str) -> None:
        file.unlink()
        file.symlink_to(outside)
        REMOVE.file(inside, name)

    _purged(folder, act=Act(swap, REMOVE.lines))

    assert outside.exists()
    assert not file.is_symlink()


def test_what_cannot_be_removed_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    def refuse(inside: int, name: str) -> None:
        if name == "a-plan.md":
            raise PermissionError(13, "Permission denied")
        REMOVE.file(inside, name)

    done = _purged(lived_in(tmp_path), act=Act(refuse, REMOVE.lines))

    assert [(fault.path, fault.why) for fault in done.faults.named] == [("plans/a-plan.md", "Permission denied")]
    assert done.files == 8
    assert "plans" not in done.gone


def test_a_purge_that_ends_anywhere_is_completed_by_the_next(tmp_path: Path) -> None:
    """Removing some files of a session makes the rest neither younger nor unfindable."""

    class PulledPlugError(BaseException):
        pass

    left = [2]

    def stop(inside: int, name: str) -> None:
        if not left[0]:
            raise PulledPlugError
        left[0] -= 1
        REMOVE.file(inside, name)

    lived_in(tmp_path)
    with pytest.raises(PulledPlugError):
        _purged(tmp_path, act=Act(stop, REMOVE.lines))
    _purged(tmp_path)

    assert {name for name in files(tmp_path) if "s-old" in name or "s-blog" in name} == set()


NAMES = st.binary(min_size=1, max_size=12).filter(lambda raw: not set(raw) & {0, 47} and raw not in {b".", b".."})


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(NAMES, st.integers(0, 90)), max_size=6, unique_by=lambda pair: pair[0]))
def test_whatever_its_name_a_file_goes_by_its_age_alone(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[bytes, int]]
) -> None:
    folder = tmp_path_factory.mktemp("agent")
    for name, days in made:
        put(folder, "plans/" + os.fsdecode(name), days + 0.5)

    _purged(folder)

    assert files(folder) == {"plans/" + os.fsdecode(name) for name, days in made if days + 0.5 <= 30}
