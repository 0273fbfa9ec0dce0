from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.documents.history.kinds import kind_of
from carnet.documents.history.step import Kind
from carnet.errors import CarnetError
from tests.documents.history.histories import Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a/docs.git",
        "http://example.org/docs",
        "ssh://git@example.org/docs.git",
        "git://example.org/docs.git",
        "file:///srv/docs.git",
        "git@example.org:a/docs.git",
        "example.org:docs.git",
    ],
)
def test_an_address_is_a_remote_repository(address: str) -> None:
    assert kind_of(address) is Kind.REMOTE


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ext::sh -c touch% /tmp/x", "refused"),
        ("fd::17", "refused"),
        ("ftp://example.org/docs.git", "no address"),
        ("javascript://x", "no address"),
        ("--upload-pack=touch x", "looks like an option"),
        ("ssh://-oProxyCommand=touch/x", "begins with a dash"),
        ("ssh://git@-oProxyCommand=touch/x", "begins with a dash"),
        ("-oProxyCommand=x:docs", "looks like an option"),
        ("git@-oProxyCommand=x:docs", "no such file"),
        ("", "no such file"),
        ("nothing-here", "no such file"),
    ],
)
def test_what_could_run_something_or_is_nothing_is_refused(address: str, says: str) -> None:
    with pytest.raises(CarnetError, match=says):
        kind_of(address)


def test_folders_are_told_apart(tmp_path: Path) -> None:
    Repository(tmp_path / "bare.git")
    (tmp_path / "tree/.git").mkdir(parents=True)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/.git").write_text("gitdir: elsewhere")
    (tmp_path / "dated").mkdir()

    kinds = [kind_of(str(tmp_path / name)) for name in ("bare.git", "tree", "linked", "dated")]

    assert kinds == [Kind.REPOSITORY, Kind.REPOSITORY, Kind.REPOSITORY, Kind.FOLDER]


@pytest.mark.parametrize(
    ("first", "kind"),
    [(b"# v2 git bundle\n", Kind.BUNDLE), (b"# v3 git bundle\n", Kind.BUNDLE), (b"PK\x03\x04rest", Kind.ARCHIVE)],
)
def test_files_are_told_apart_by_their_first_bytes(tmp_path: Path, first: bytes, kind: Kind) -> None:
    (tmp_path / "file").write_bytes(first)

    assert kind_of(str(tmp_path / "file")) is kind


@pytest.mark.parametrize("first", [b"", b"# Data usage\n", b"\x00" * 100])
def test_another_file_is_refused_with_what_was_tried(tmp_path: Path, first: bytes) -> None:
    (tmp_path / "file.md").write_bytes(first)

    with pytest.raises(CarnetError, match="neither a git bundle nor a Carnet archive") as raised:
        kind_of(str(tmp_path / "file.md"))
    assert "folder of dated files" in str(raised.value)
