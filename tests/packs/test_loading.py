from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from carnet.errors import CarnetError, NotFoundError
from carnet.model.document import Media
from carnet.packs import loading

HEAD = 'schema = 1\nid = "juniper"\ntitle = "Juniper"\nagent = "Juniper Coder"\n'
PAGES = """
[[document]]
url = "https://juniper.example/data.md"
name = "data"
names = ["data.md", "en/data.md"]
media = "markdown"

[[history]]
address = "https://host.example/juniper.git"
licence = "no licence stated"
size = "not known"
description = "A mirror."
folders = ["docs"]
"""


def write(folder: Path, head: str = HEAD, pages: str = PAGES) -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(head)
    (folder / "documents.toml").write_text(pages)
    return folder


def test_a_pack_is_read_from_its_folder(tmp_path: Path) -> None:
    pack = loading.read_pack(write(tmp_path / "juniper"))

    assert (pack.id, pack.title, pack.agent) == ("juniper", "Juniper", "Juniper Coder")
    assert [(page.name, page.media) for page in pack.documents] == [("data", Media.MARKDOWN)]
    assert pack.histories[0].paths == ("docs/data.md",)
    assert pack.histories[0].pack == "juniper"


def test_a_history_without_folders_is_looked_through_for_the_packs_files(tmp_path: Path) -> None:
    pack = loading.read_pack(write(tmp_path / "juniper", pages=PAGES.replace('folders = ["docs"]', "")))

    assert pack.histories[0].paths == ("data.md",)


@pytest.mark.parametrize("schema", ["2", '"1"', "[]"])
def test_an_unknown_schema_is_refused_by_file_before_anything_else(tmp_path: Path, schema: str) -> None:
    folder = write(tmp_path / "juniper", f"schema = {schema}\nspell = 1\n")

    with pytest.raises(CarnetError, match=r"this Carnet reads schema 1") as raised:
        loading.read_pack(folder)
    assert str(folder / "pack.toml") in str(raised.value)


@pytest.mark.parametrize(
    ("head", "pages", "file"),
    [
        (HEAD + "spell = 1\n", PAGES, "pack.toml"),
        (HEAD.replace("title", "titel"), PAGES, "pack.toml"),
        ("", PAGES, "pack.toml"),
        ("schema = ", PAGES, "pack.toml"),
        (HEAD, PAGES.replace('"markdown"', '"cuneiform"'), "documents.toml"),
        (HEAD, PAGES.replace("names =", "nams ="), "documents.toml"),
        (HEAD, "[[document]", "documents.toml"),
    ],
)
def test_a_pack_that_cannot_be_understood_is_refused_by_file(tmp_path: Path, head: str, pages: str, file: str) -> None:
    folder = write(tmp_path / "juniper", head, pages)

    with pytest.raises(CarnetError) as raised:
        loading.read_pack(folder)
    assert str(folder / file) in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "juniper")
    (folder / "documents.toml").unlink()

    with pytest.raises(CarnetError, match=r"documents\.toml"):
        loading.read_pack(folder)


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a pack, registered as an entry point."""
    write(tmp_path / "site/juniper_pack")
    (tmp_path / "site/juniper_pack/__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "juniper_pack", raising=False)
    register(monkeypatch, "juniper_pack")


def register(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    point = EntryPoint("juniper", package, "carnet.packs")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == "carnet.packs" else [])
    monkeypatch.setattr(loading, "load", loading.load.__wrapped__)


@pytest.mark.usefixtures("_installed")
def test_a_pack_comes_from_an_installed_package() -> None:
    assert [pack.id for pack in loading.load()] == ["carnet", "claude-code", "codex", "juniper"]
    assert loading.named("juniper").title == "Juniper"


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, "no_such_package_of_a_pack")

    with pytest.raises(CarnetError, match="'no_such_package_of_a_pack' cannot be imported"):
        loading.load()


@pytest.mark.usefixtures("_installed")
def test_two_packs_of_one_id_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "site/juniper_pack/pack.toml"
    file.write_text(HEAD.replace("juniper", "claude-code"))

    with pytest.raises(CarnetError, match="'claude-code' is taken by"):
        loading.load()


def test_an_unknown_pack_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="no pack 'nobody'; there are: carnet, claude-code, codex"):
        loading.named("nobody")


def test_a_bundled_pack_is_found_whatever_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, "no_such_package_of_a_pack")
    assert loading.named("carnet").folder == Path(loading.__file__).parent / "carnet"
