"""Walking an agent's folder: bounded, never outside it, never through a link."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from carnet.agent import transcripts
from carnet.agent.transcripts import Faults, opened, walk
from carnet.errors import CarnetError
from tests.agent.folders import DAY, STAMP, lived_in, places, put

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.place import Held


def _walked(folder: Path) -> tuple[dict[str, Held], Faults]:
    found: dict[str, Held] = {}
    faults = Faults()

    def visit(held: Held, _inside: int, _name: str) -> bool:
        found[held.path] = held
        return False

    with opened(folder) as root:
        walk(root, places(), visit, faults)
    return found, faults


def test_every_file_of_data_is_shown_with_its_place_and_configuration_is_not(tmp_path: Path) -> None:
    found, faults = _walked(lived_in(tmp_path))

    assert {path: held.place.id for path, held in found.items()} == {
        "projects/-home-me-shop/s-old.jsonl": "transcripts",
        "projects/-home-me-shop/s-old/subagents/agent-1.jsonl": "subagents",
        "projects/-home-me-shop/s-old/tool-results/a.txt": "tool-results",
        "projects/-home-me-shop/s-young.jsonl": "transcripts",
        "projects/-home-me-shop/s-young/tool-results/b.txt": "tool-results",
        "projects/-home-me-shop/memory/MEMORY.md": "memory",
        "projects/-home-me-blog/s-blog.jsonl": "transcripts",
        "file-history/s-old/1@v1": "file-history",
        "file-history/s-blog/1@v1": "file-history",
        "plans/a-plan.md": "plans",
        "feedback-bundles/one.zip": "feedback-bundles",
        "telemetry/1p_failed.json": "telemetry",
        "history.jsonl": "history",
        "something-new.bin": "other",
    }
    assert faults.count == 0


def test_a_session_is_as_old_as_its_newest_file(tmp_path: Path) -> None:
    found, _ = _walked(lived_in(tmp_path))

    ages = {path: (STAMP - held.modified) / DAY for path, held in found.items()}
    assert ages["projects/-home-me-shop/s-young/tool-results/b.txt"] == 2
    assert ages["projects/-home-me-shop/s-old/tool-results/a.txt"] == 40
    assert ages["projects/-home-me-shop/s-old.jsonl"] == 40


def test_a_session_whose_folder_cannot_be_read_counts_as_being_written_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = transcripts._newest_below

    def refuse(folder: int, name: str, depth: int) -> float:
        if name == "s-old":
            raise PermissionError(13, "Permission denied")
        return real(folder, name, depth)

    monkeypatch.setattr(transcripts, "_newest_below", refuse)
    found, _ = _walked(lived_in(tmp_path))

    assert found["projects/-home-me-shop/s-old.jsonl"].modified == float("inf")
    assert found["projects/-home-me-blog/s-blog.jsonl"].modified < STAMP


def test_links_pipes_and_what_lies_behind_links_are_never_of_a_place_that_can_be_taken(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "s.jsonl", 90)
    folder = tmp_path / "agent"
    put(folder, "projects/-p/s.jsonl", 90)
    (folder / "projects" / "-q").symlink_to(outside.parent)
    (folder / "projects" / "-p" / "linked.jsonl").symlink_to(outside)
    os.mkfifo(folder / "projects" / "-p" / "pipe.jsonl")

    found, faults = _walked(folder)

    assert {path: held.place.purge for path, held in found.items()} == {
        "projects/-p/s.jsonl": "asked",
        "projects/-q": "never",
        "projects/-p/linked.jsonl": "never",
        "projects/-p/pipe.jsonl": "never",
    }
    assert faults.count == 0


def test_a_folder_that_is_a_link_or_absent_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    with pytest.raises(CarnetError, match=r"symbolic link.*--folder"), opened(tmp_path / "link"):
        pass
    with pytest.raises(CarnetError, match="no such folder"), opened(tmp_path / "absent"):
        pass


def test_a_folder_that_becomes_a_link_while_it_is_searched_is_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = put(tmp_path / "outside", "s.jsonl", 90).parent
    folder = tmp_path / "agent"
    put(folder, "projects/-p/s.jsonl", 90)
    real = os.open

    def swapped(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == "-p" and not (folder / "projects" / "-p").is_symlink():
            (folder / "projects" / "-p").rename(folder / "projects" / "-was")
            (folder / "projects" / "-p").symlink_to(outside)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swapped)
    found, faults = _walked(folder)

    assert "projects/-p/s.jsonl" not in found
    assert faults.count == 1


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def refuse(folder: int) -> object:
        if os.path.samestat(os.fstat(folder), (tmp_path / "plans").stat()):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    lived_in(tmp_path)
    monkeypatch.setattr(os, "scandir", refuse)
    found, faults = _walked(tmp_path)

    assert [(fault.path, fault.why) for fault in faults.named] == [("plans", "Permission denied")]
    assert "telemetry/1p_failed.json" in found


def test_folders_too_deep_are_named_and_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "debug/" + "d/" * 100 + "x", 90)
    put(tmp_path, "debug/y", 90)

    found, faults = _walked(tmp_path)

    assert set(found) == {"debug/y"}
    assert "folders deep" in faults.named[0].why


def test_names_with_line_breaks_or_without_any_encoding_are_walked(tmp_path: Path) -> None:
    put(tmp_path, "projects/-p/a\nb.jsonl", 90)
    name = os.fsdecode(b"projects/-p/\xff\xfe.jsonl")
    put(tmp_path, name, 90)

    found, _ = _walked(tmp_path)

    assert {path: held.place.id for path, held in found.items()} == {
        "projects/-p/a\nb.jsonl": "transcripts",
        name: "transcripts",
    }


def test_faults_beyond_the_first_thousand_are_counted_and_not_kept() -> None:
    faults = Faults()
    for number in range(transcripts.MOST_FAULTS + 5):
        faults.add(str(number), OSError(5, "Input/output error"))

    assert faults.count == transcripts.MOST_FAULTS + 5
    assert len(faults.named) == transcripts.MOST_FAULTS
