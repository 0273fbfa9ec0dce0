"""Small histories to import, and a store's content to compare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pygit2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from carnet.stores.contract import Store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FileMode = pygit2.enums.FileMode
FILE, LINK, SUBMODULE = FileMode.BLOB, FileMode.LINK, FileMode.COMMIT


class Repository:
    """A bare git repository that is given commits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git = pygit2.init_repository(str(path), bare=True, initial_head="main")
        self._index = pygit2.Index()
        self.commits: list[str] = []

    def commit(self, files: Mapping[str, bytes | None], at: datetime | int | None = None, mode: FileMode = FILE) -> str:
        """Commit changed files (None: deleted) at an instant, by default a day after the one before."""
        for path, data in files.items():
            if data is None:
                self._index.remove(path)
            else:
                self._index.add(pygit2.IndexEntry(path, self.git.create_blob(data), mode))
        return self._commit(at, self.commits[-1:])

    def merge(self, other: str, at: datetime | None = None) -> str:
        """Commit what is there with a second parent."""
        return self._commit(at, [*self.commits[-1:], other])

    def aside(self, files: Mapping[str, bytes]) -> str:
        """A commit on no branch, child of the last one."""
        index = pygit2.Index()
        index.read_tree(self.git[self.commits[-1]].peel(pygit2.Tree))
        for path, data in files.items():
            index.add(pygit2.IndexEntry(path, self.git.create_blob(data), FILE))
        who = pygit2.Signature("A", "a@example.org", int(BEGIN.timestamp()), 0)
        parents = [pygit2.Oid(hex=self.commits[-1])]
        return str(self.git.create_commit(None, who, who, "aside", index.write_tree(self.git), parents))

    def _commit(self, at: datetime | int | None, parents: Sequence[str]) -> str:
        when = at if at is not None else BEGIN + timedelta(days=len(self.commits))
        seconds = int(when.timestamp()) if isinstance(when, datetime) else when
        who = pygit2.Signature("A", "a@example.org", seconds, 0)
        tree = self._index.write_tree(self.git)
        oids = [pygit2.Oid(hex=parent) for parent in parents]
        self.commits.append(str(self.git.create_commit(None, who, who, "capture", tree, oids)))
        self.git.references.create("refs/heads/main", pygit2.Oid(hex=self.commits[-1]), force=True)
        return self.commits[-1]

    def blob_tree(self, name: bytes, data: bytes) -> str:
        """A tree of one file, whose name may be anything git allows."""
        entry = b"100644 " + name + b"\0" + bytes.fromhex(str(self.git.create_blob(data)))
        return str(self.git.odb.write(pygit2.enums.ObjectType.TREE, entry))

    def raw_commit(self, tree: str, seconds: int) -> str:
        """A commit written as bytes: with a time no git would give it."""
        parent = f"parent {self.commits[-1]}\n" if self.commits else ""
        who = f"A <a@example.org> {seconds} +0000"
        text = f"tree {tree}\n{parent}author {who}\ncommitter {who}\n\nx\n"
        self.commits.append(str(self.git.odb.write(pygit2.enums.ObjectType.COMMIT, text.encode())))
        self.git.references.create("refs/heads/main", pygit2.Oid(hex=self.commits[-1]), force=True)
        return self.commits[-1]

    def bundle(self, file: Path) -> Path:
        """Write all of it as a bundle file, without a git program."""
        from dulwich.bundle import create_bundle_from_repo, write_bundle  # noqa: PLC0415
        from dulwich.repo import Repo  # noqa: PLC0415

        with Repo(str(self.path)) as source, create_bundle_from_repo(source) as bundle, file.open("wb") as target:
            write_bundle(target, bundle)
        return file


def content(store: Store) -> list[tuple[Any, ...]]:
    """Everything a store holds of its documents, without the ids it gave."""
    return [
        (
            replace(document, id=0),
            [replace(each, document=0) for each in store.documents.observations(document.id)],
            [
                replace(each, capture=replace(each.capture, id=0, document=0))
                for each in store.documents.attempts(document.id)
            ],
            [
                (each.number, each.at, each.digest, each.size, each.gone, each.normaliser)
                for each in store.documents.versions(document.id)
            ],
        )
        for document in store.documents.documents()
    ]


class Notes:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.totals: list[int] = []
        self.steps = 0

    def total(self, steps: int) -> None:
        self.totals.append(steps)

    def step(self) -> None:
        self.steps += 1

    def note(self, text: str) -> None:
        self.notes.append(text)
