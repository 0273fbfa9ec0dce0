"""`carnet import`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.cli.import_ import summary
from carnet.documents.first_start import examples_folder
from carnet.documents.history.recording import Imported
from carnet.documents.history.step import Kind
from tests.documents.history.histories import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


@pytest.fixture
def git(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "pages.git")
    repository.commit({"a.md": b"one\n", "b.md": b"b\n"})
    repository.commit({"a.md": b"two\n"})
    return repository


def test_it_says_what_came_in_and_then_that_nothing_is_new(carnet: Carnet, git: Repository) -> None:
    first, second = carnet("import", str(git.path)), carnet("import", str(git.path))

    assert first.status == second.status == 0
    assert first.out.startswith("imported 2 documents, 2 captures, 3 versions (3 distinct texts) into pages in ")
    assert second.out == "nothing new: pages already holds this git repository\n"


def test_json_says_the_same(carnet: Carnet, git: Repository) -> None:
    assert json.loads(carnet("import", str(git.path), "--json", "--collection", "c").out) == {
        "kind": "git repository",
        "collection": "c",
        "documents": 2,
        "captures": 2,
        "versions": 3,
        "texts": 3,
    }


def test_one_of_each_is_said_in_the_singular() -> None:
    assert summary(Imported(Kind.FOLDER, "c", 1, 1, 1, 1), 0.04) == (
        "imported 1 document, 1 capture, 1 version (1 distinct text) into c in 0.0 s"
    )


def test_globs_and_a_pack_choose_documents(carnet: Carnet, tmp_path: Path) -> None:
    git = Repository(tmp_path / "mirror.git")
    git.commit({"docs/data-usage.md": b"one\n", "blog/x.md": b"x\n"})

    carnet("import", str(git.path), "--pack", "claude-code", "--path", "docs/**")
    names = [row["name"] for row in json.loads(carnet("documents", "--json").out)["documents"]]

    assert names == ["claude-code/data-usage"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("nowhere",), "no such file or folder"),
        (("ext::sh -c x",), "refused"),
        ((".", "--pack", "nobody"), "no pack 'nobody'"),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_line(carnet: Carnet, args: tuple[str, ...], says: str) -> None:
    ended = carnet("import", *args)

    assert ended.status == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_notes_go_to_standard_error_without_steering_the_terminal(carnet: Carnet, tmp_path: Path) -> None:
    git = Repository(tmp_path / "pages.git")
    git.commit({"a\x1b[2J.md": b"1\n", "a\x1b[2J.txt": b"2\n"})

    ended = carnet("import", str(git.path))

    assert ended.err.startswith("note: a\ufffd[2J.txt is imported as")
    assert "\x1b" not in ended.err + ended.out


@pytest.mark.parametrize("name", ["", " ", "a/b", "..", "a\nb"])
def test_a_collection_no_address_could_hold_is_refused(carnet: Carnet, git: Repository, name: str) -> None:
    ended = carnet("import", str(git.path), "--collection", name)

    assert ended.status == 2
    assert "is no name" in ended.err
    assert carnet("documents", "--json").out.split() == ["{", '"documents":', "[]", "}"]


def test_the_example_is_marked_when_it_is_brought_in_by_hand(carnet: Carnet) -> None:
    assert carnet("import", str(examples_folder() / "juniper-coder"), "--collection", "mine").status == 0

    assert [row["example"] for row in json.loads(carnet("documents", "--json").out)["documents"]] == [True]
    assert carnet("documents", "remove", "--example").out == "Removed mine/data-usage.\n"
