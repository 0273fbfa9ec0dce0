"""local.toml: where an agent keeps data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.transcripts_places import project_folder, read_places, shown
from carnet.errors import CarnetError
from tests.agent.folders import places

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("projects/-p/s.jsonl", "transcripts"),
        ("projects/-p/s/subagents/a/b.jsonl", "subagents"),
        ("projects/-p/memory/deep/note.md", "memory"),
        ("projects/-p/memory.jsonl", "transcripts"),
        ("projects/-p/s/else.bin", "session-files"),
        ("history.jsonl", "history"),
        ("history.jsonl.carnet-purge", "other"),
        ("deep/history.jsonl", "other"),
        ("settings.local.json", "settings"),
        ("settings/x", "other"),
        ("agents/reviewer.md", "agents"),
    ],
)
def test_a_path_has_the_place_of_the_first_pattern_that_names_it(path: str, place: str) -> None:
    assert places().place_of(path).id == place


def test_every_place_says_how_it_is_swept_and_purged_in_known_words() -> None:
    read = places().places

    assert {place.swept for place in read} <= {"age", "sweep", "newest", "exit", "logout", "never"}
    assert {place.purge for place in read} <= {"asked", "named", "never"}
    assert {place.purge for place in read if place.kind == "configuration"} == {"never"}
    assert len({place.id for place in read}) == len(read)


def test_an_unknown_place_is_refused_with_those_there_are() -> None:
    with pytest.raises(CarnetError, match=r"no place 'transcript'.*transcripts"):
        places().named("transcript")


def test_a_pack_that_says_nothing_or_nonsense_is_refused_by_its_files_name(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match=r"local\.toml"):
        read_places(tmp_path)
    (tmp_path / "local.toml").write_text("folder = 1\n")
    with pytest.raises(CarnetError, match=r"local\.toml"):
        read_places(tmp_path)


def test_a_directorys_folder_has_dashes_for_punctuation() -> None:
    assert project_folder("/home/me/my_shop.v2") == "-home-me-my-shop-v2"


def test_a_path_is_shown_without_anything_a_terminal_obeys() -> None:
    assert shown("a\n\x1b[31m\udcffé") == "a\\n\\x1b[31m\\xffé"
