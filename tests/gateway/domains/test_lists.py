"""A list is read whole or not at all, and says what is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.domains import lists
from carnet.gateway.domains.index import NameIndex
from carnet.gateway.domains.lists import ListError, Wanted, read_list, read_wanted
from tests.gateway.domains import make

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_list_knows_its_format_its_names_and_its_lines(tmp_path: Path) -> None:
    file = make.file(tmp_path, "0.0.0.0 a.example\n0.0.0.0 b.example\n")
    found = read_list(Wanted(file, "block"), make.NOW)
    assert (found.form, found.names.count, found.place(1)) == ("hosts", 2, f"{file}:2")


def test_names_of_hosts_stand_for_those_below_where_the_settings_say_so(tmp_path: Path) -> None:
    file = make.file(tmp_path, "0.0.0.0 a.example\n")
    assert make.reason("x.a.example", read_list(Wanted(file, "block"), make.NOW)) == "passed"
    assert make.reason("x.a.example", read_list(Wanted(file, "block", below=True), make.NOW)) == "blocked"


@pytest.mark.parametrize(("text", "words"), [("a.example\nb@d\n", "list.txt: line 2: 'b@d' is no domain")])
def test_a_line_that_is_not_understood_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ListError, match=words):
        read_list(Wanted(make.file(tmp_path, text), "block"), make.NOW)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"none: cannot be read: No such file"):
        read_list(Wanted(tmp_path / "none", "block"), make.NOW)


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="cannot be read: Is a directory"):
        read_list(Wanted(tmp_path, "block"), make.NOW)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_BYTES", 5)
    with pytest.raises(ListError, match="larger than 5 bytes"):
        read_list(Wanted(make.file(tmp_path, "a.example\n"), "block"), make.NOW)


def test_a_file_that_changes_under_the_reader_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make.file(tmp_path, "a.example\n")

    def slowly(rows: Iterator[tuple[bytes, int, int]]) -> NameIndex:
        found = NameIndex(rows)
        with file.open("a") as more:
            more.write("b.example\n")
        os.utime(file, ns=(1, 1))
        return found

    monkeypatch.setattr(lists, "NameIndex", slowly)
    with pytest.raises(ListError, match="changed while it was read"):
        read_list(Wanted(file, "block"), make.NOW)


def test_a_setting_names_files_and_may_name_their_formats() -> None:
    assert read_wanted("a.txt, hosts:/b, odd:c ,, rpz:d", "deny") == (
        Wanted(Path("a.txt"), "deny"),
        Wanted(Path("/b"), "deny", "hosts"),
        Wanted(Path("odd:c"), "deny"),
        Wanted(Path("d"), "deny", "rpz"),
    )
