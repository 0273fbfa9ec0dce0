"""The bundled history, read once with git itself, and a store that holds it."""

from __future__ import annotations

import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.model.document import Observation
from carnet.settings import load
from carnet.stores import open_store
from tests import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from carnet.stores.contract import DocumentStore


@dataclass(frozen=True)
class Past:
    """One version of one file, as git has it."""

    commit: str
    at: datetime
    text: bytes


Histories = dict[str, list[Past]]


def git(repository: Path, *words: str, given: bytes = b"") -> bytes:
    """What git prints."""
    return subprocess.run(["git", "-C", str(repository), *words], input=given, capture_output=True, check=True).stdout


@pytest.fixture(scope="session")
def clone(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled history as a bare repository."""
    path = tmp_path_factory.mktemp("bundle") / "history.git"
    git(bundle.parent, "clone", "--quiet", "--bare", str(bundle), str(path))
    return path


@pytest.fixture(scope="session")
def histories(clone: Path) -> Histories:
    """Every version of every document by file name without suffix, oldest first."""
    changed: list[tuple[str, datetime, str]] = []
    commit, at = "", datetime.min.replace(tzinfo=UTC)
    for line in git(clone, "log", "--reverse", "--format=:%H %ct", "--name-only", "main").decode().splitlines():
        if line.startswith(":"):
            commit, seconds = line[1:].split()
            at = datetime.fromtimestamp(int(seconds), UTC)
        elif line:
            changed.append((commit, at, line))
    asked = "".join(f"{commit}:{name}\n" for commit, _, name in changed).encode()
    texts = _batch(git(clone, "cat-file", "--batch", given=asked))
    found: Histories = {}
    for (commit, at, name), text in zip(changed, texts, strict=True):
        found.setdefault(name.removesuffix(".md"), []).append(Past(commit, at, text))
    return found


@pytest.fixture(scope="session")
def kept(histories: Histories, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentStore]:
    """A store that holds the bundled history as the collection `claude-code`; read only by agreement."""
    folder = tmp_path_factory.mktemp("kept")
    with closing(open_store(load({}, folder / "none.toml").with_option("data", str(folder)))) as store:
        for name, history in histories.items():
            document = store.documents.add_document(make.document(name, "claude-code"))
            store.documents.record(
                [Observation(document.id, past.at, past.text, source=past.commit) for past in history]
            )
        yield store.documents


def _batch(output: bytes) -> list[bytes]:
    texts: list[bytes] = []
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        size = int(output[at:end].split()[-1])
        texts.append(output[end + 1 : end + 1 + size])
        at = end + size + 2
    return texts
