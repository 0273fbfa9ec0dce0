"""Which files belong to a project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from carnet.agent.transcripts_history import Prompt
from carnet.agent.transcripts_places import project_folder
from carnet.agent.transcripts_projects import SHOWN, Project, find_project
from carnet.errors import CarnetError, NotFoundError
from carnet.model.place import Held
from tests.agent.folders import lived_in, places, prompt, put

if TYPE_CHECKING:
    from pathlib import Path

SHOP = "-home-me-shop"


def _find(folder: Path, name: str, here: Path | None = None) -> Project:
    return find_project(folder, places(), name, here or folder)


def _held(path: str) -> Held:
    return Held(tuple(path.split("/")), places().place_of(path), 1, 0.0, 0o600, 0.0)


@pytest.mark.parametrize("name", ["/home/me/shop", SHOP, "/home/me/blog/../shop", "/home/me/shop/"])
def test_a_project_is_found_by_its_directory_or_by_its_folder(tmp_path: Path, name: str) -> None:
    assert _find(lived_in(tmp_path), name) == Project(SHOP, frozenset({"s-old", "s-young"}))


def test_a_relative_directory_is_taken_from_where_one_stands(tmp_path: Path) -> None:
    folder, here = lived_in(tmp_path / "agent"), tmp_path / "work"
    encoded = project_folder(str(here / "my.site"))
    put(folder, f"projects/{encoded}/s.jsonl", 1)

    assert _find(folder, "my.site", here).folder == encoded
    assert _find(folder, "../my.site", here / "below").folder == encoded
    with pytest.raises(NotFoundError):
        _find(folder, "my.site", tmp_path)


def test_a_tilde_is_the_home(tmp_path: Path, home: Path) -> None:
    encoded = project_folder(str(home / "shop"))
    put(tmp_path / "agent", f"projects/{encoded}/s.jsonl", 1)

    assert _find(tmp_path / "agent", "~/shop").folder == encoded


def test_the_text_of_a_link_counts_not_what_it_leads_to(tmp_path: Path) -> None:
    folder, link = lived_in(tmp_path / "agent"), tmp_path / "link"
    link.symlink_to("/home/me/shop")

    with pytest.raises(NotFoundError):
        _find(folder, str(link))


def test_a_project_whose_folder_is_gone_is_known_by_its_prompts(tmp_path: Path) -> None:
    put(tmp_path, "history.jsonl", 1, prompt(3, "/home/me/gone", "s-gone") + prompt(2, "/home/me/else", "s-else"))

    assert _find(tmp_path, "/home/me/gone") == Project("-home-me-gone", frozenset({"s-gone"}))


def test_sessions_of_both_folder_and_prompts_are_the_projects_and_its_notes_are_none(tmp_path: Path) -> None:
    put(lived_in(tmp_path), "history.jsonl", 1, "no json\n[]\n" + prompt(3, session="s-lost") + prompt(3, session=""))

    assert _find(tmp_path, SHOP).sessions == {"s-old", "s-young", "s-lost"}


def test_a_file_of_prompts_behind_a_link_is_not_read(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside.jsonl", 1, prompt(3, session="s-lost"))
    folder = lived_in(tmp_path / "agent")
    (folder / "history.jsonl").unlink()
    (folder / "history.jsonl").symlink_to(outside)

    assert _find(folder, SHOP).sessions == {"s-old", "s-young"}


def test_an_unknown_project_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no project '/home/me/shp'.*there are: -home-me-blog, -home-me-shop$"):
        _find(lived_in(tmp_path), "/home/me/shp")


def test_a_folder_without_projects_says_that_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there are: none$"):
        _find(tmp_path, "shop")


def test_a_refusal_names_a_few_projects_and_obeys_none_of_their_names(tmp_path: Path) -> None:
    names = [f"-p{number:02}" for number in range(SHOWN + 1)]
    for name in ["\x1b[31m", *names]:
        put(tmp_path, f"projects/{name}/s.jsonl", 1)
    (tmp_path / "projects" / os.fsdecode(b"\x01\xff")).mkdir()

    with pytest.raises(NotFoundError) as refused:
        _find(tmp_path, "nowhere")

    assert str(refused.value).endswith("there are: " + ", ".join(["\\x01\\xff", "\\x1b[31m", *names[: SHOWN - 2]]))


def test_an_agents_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    lived_in(tmp_path / "agent")
    (tmp_path / "link").symlink_to(tmp_path / "agent")

    with pytest.raises(CarnetError, match="symbolic link"):
        _find(tmp_path / "link", SHOP)


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("projects/-home-me-shop/s-else.jsonl", True),
        ("projects/-home-me-shop/memory/MEMORY.md", True),
        ("projects/-home-me-blog/s-old.jsonl", False),
        ("projects/-home-me-shop-2/s-old.jsonl", False),
        ("file-history/s-old/1@v1", True),
        ("file-history/s-else/1@v1", False),
        ("plans/s-old.md", False),
    ],
)
def test_a_file_is_a_projects_by_its_folder_or_where_that_has_none_by_its_session(path: str, *, holds: bool) -> None:
    assert Project(SHOP, frozenset({"s-old"})).holds(_held(path)) is holds


@pytest.mark.parametrize(
    ("directory", "typed"), [("/home/me/shop", True), ("/home/me.shop", True), ("/home/me/shop2", False), ("", False)]
)
def test_a_prompt_is_a_projects_by_the_directory_it_was_typed_in(directory: str, *, typed: bool) -> None:
    assert Project(SHOP, frozenset()).typed(Prompt(None, directory, "s-old")) is typed


def test_a_prompt_of_no_directory_is_no_projects_even_where_a_name_is_empty() -> None:
    assert not Project("", frozenset()).typed(Prompt(None, "", "s"))
