"""Lists are read again when their files change, and a broken one changes nothing but what is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.domains.judging import Book, decide
from carnet.gateway.domains.lists import ListError, Wanted
from carnet.gateway.domains.shelf import Shelf
from carnet.model.host import read_host
from tests.gateway.domains import make

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings


class Desk:
    """A shelf with one list, and what it said."""

    def __init__(self, folder: Path, organisations: Path | None = None) -> None:
        self.file, self.said = folder / "list.txt", list[str]()
        self.shelf = Shelf([Wanted(self.file, "block")], organisations, lambda: make.NOW, self.said.append)

    def write(self, text: str) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.replace(self.file)
        self.shelf.refresh()

    def passes(self, host: str, organisation: str = "") -> bool:
        return decide(read_host(host), Book.of(self.shelf.lists(), organisation)).can_fetch


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_changed_file_is_read_again(desk: Desk) -> None:
    desk.write("evil.example\n")
    assert not desk.passes("evil.example")
    desk.write("worse.example\n")
    assert desk.passes("evil.example")
    assert not desk.passes("worse.example")
    assert desk.said == [f"{desk.file}: 1 names, read again"]


def test_a_file_that_did_not_change_is_not_read_again(desk: Desk) -> None:
    desk.write("evil.example\n")
    before = desk.shelf.lists()[0]
    desk.shelf.refresh()
    assert desk.shelf.lists()[0] is before


def test_a_broken_file_leaves_the_old_list_in_force_and_says_so_once(desk: Desk) -> None:
    desk.write("evil.example\n")
    desk.write("evil.example\nb@d\n")
    desk.shelf.refresh()
    assert not desk.passes("evil.example")
    assert desk.said == [f"{desk.file}: line 2: 'b@d' is no domain; the list read before stays in force"]
    assert desk.shelf.shelved is not None
    assert "line 2" in desk.shelf.shelved[0].fault


def test_a_mended_file_is_in_force_again(desk: Desk) -> None:
    desk.write("evil.example\n")
    desk.write("b@d\n")
    desk.write("worse.example\n")
    assert not desk.passes("worse.example")
    assert desk.shelf.shelved is not None
    assert desk.shelf.shelved[0].fault == ""


def test_the_old_file_put_back_is_no_fault_any_more(desk: Desk) -> None:
    desk.write("evil.example\n")
    kept = desk.file.with_suffix(".kept")
    os.link(desk.file, kept)
    desk.write("b@d\n")
    kept.replace(desk.file)
    (one,) = desk.shelf.refresh()
    assert one.fault == ""


def test_a_file_that_vanishes_leaves_its_list_in_force(desk: Desk) -> None:
    desk.write("evil.example\n")
    desk.file.unlink()
    desk.shelf.refresh()
    assert not desk.passes("evil.example")
    assert "No such file" in desk.said[-1]
    desk.write("evil.example\n")
    assert desk.shelf.shelved is not None
    assert desk.shelf.shelved[0].fault == ""


def test_without_a_list_that_was_ever_read_nothing_can_be_told(desk: Desk) -> None:
    with pytest.raises(ListError, match="No such file"):
        desk.shelf.lists()
    assert desk.said[-1].endswith("nothing is passed without it")
    desk.write("evil.example\n")
    assert desk.passes("good.example")


def test_lists_of_organisations_come_and_go_with_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "orgs"
    folder.mkdir()
    desk = Desk(tmp_path, folder)
    desk.write("evil.example\n")
    (folder / "acme inc.allow").write_text("evil.example\n")
    (folder / "acme inc.deny").write_text("docs.example\n")
    (folder / "notes.txt").write_text("not a list at all\n")
    desk.shelf.refresh()
    assert desk.passes("evil.example", "acme inc")
    assert not desk.passes("docs.example", "acme inc")
    assert not desk.passes("evil.example", "people")
    (folder / "acme inc.allow").unlink()
    desk.shelf.refresh()
    assert not desk.passes("evil.example", "acme inc")


def test_a_folder_of_organisations_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, tmp_path / "none")
    desk.write("evil.example\n")
    with pytest.raises(ListError, match="none: cannot be read"):
        desk.shelf.lists()


def test_settings_name_everything(tmp_path: Path, settings: Settings) -> None:
    block = make.file(tmp_path, "0.0.0.0 evil.example\n", "b")
    allow, deny = make.file(tmp_path, "a.example\n", "a"), make.file(tmp_path, "d.example\n", "d")
    given = {"lists": f"hosts:{block}", "allow": str(allow), "deny": str(deny), "hosts-below": "on"}
    for name, value in given.items():
        settings = settings.with_option(f"intake.domains.{name}", value)
    found = Shelf.of(settings, lambda: make.NOW, print).lists()
    assert [(one.wanted.role, one.wanted.below) for one in found] == [
        ("deny", False),
        ("allow", False),
        ("block", True),
    ]


def test_no_settings_are_no_lists(settings: Settings) -> None:
    assert Shelf.of(settings, lambda: make.NOW, print).lists() == ()
