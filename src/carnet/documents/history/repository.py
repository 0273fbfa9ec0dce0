"""A git repository, read as a history: a commit is a capture, HEAD's first parents are its order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from carnet.documents.history.step import LARGEST, Seen, Step
from carnet.documents.history.wanted import wanted
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pygit2

    from carnet.documents.history.step import Progress

FILE_MODES = (0o100644, 0o100755, 0o100664)
"""Regular files; symbolic links (120000) and submodules (160000) are no documents."""


@dataclass(frozen=True, slots=True)
class Position:
    """A commit up to which a history has been recorded."""

    commit: str
    order: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A repository and what is wanted of it."""

    path: Path
    shown: str
    """The source as the user wrote it, for messages."""
    globs: tuple[str, ...]


def read_steps(reading: Reading, after: Position | None, progress: Progress) -> Iterator[Step]:
    """The history's steps, oldest first, after a position where that is still one of its commits."""
    repository = _open(reading)
    ids = _first_parents(repository, reading, after)
    order = datetime.min.replace(tzinfo=UTC)
    if after is not None and ids and ids[0] == after.commit:
        order, ids = after.order, ids[1:]
    progress.total(len(ids))
    for commit_id in ids:
        commit = _commit(repository, reading, commit_id)
        at = _instant(commit, order, progress)
        order = max(at, order)
        yield Step(at, order, commit_id, f"git {commit_id}", tuple(_seen(repository, reading, commit, progress)))


def _open(reading: Reading) -> pygit2.Repository:
    import pygit2  # noqa: PLC0415 - 130 ms that only a git import pays

    # Nothing of the repository is run or written, so whose files they are does not matter.
    pygit2.settings.owner_validation = False
    try:
        repository = pygit2.Repository(str(reading.path))
    except pygit2.GitError as error:
        raise CarnetError(f"{reading.shown}: not a git repository that can be read: {error}") from error
    if repository.head_is_unborn:
        raise CarnetError(f"{reading.shown}: an empty git repository; its HEAD has no commit to import")
    return repository


def _first_parents(repository: pygit2.Repository, reading: Reading, after: Position | None) -> list[str]:
    """Commit ids from the root (or from `after`, included) to HEAD."""
    ids: list[str] = []
    at: str | None = str(repository.head.target)
    while at is not None:
        ids.append(at)
        if after is not None and at == after.commit:
            break
        parents = _commit(repository, reading, at).parent_ids
        at = str(parents[0]) if parents else None
    ids.reverse()
    return ids


def _commit(repository: pygit2.Repository, reading: Reading, commit_id: str) -> pygit2.Commit:
    import pygit2  # noqa: PLC0415

    try:
        return repository[commit_id].peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise CarnetError(_incomplete(reading, f"commit {commit_id[:12]}")) from error


def _incomplete(reading: Reading, what: str) -> str:
    return (
        f"{reading.shown}: {what} is missing or damaged; the repository is incomplete. "
        "For a shallow or partial clone run `git fetch --unshallow --refetch` in it, then import again"
    )


def _instant(commit: pygit2.Commit, order: datetime, progress: Progress) -> datetime:
    try:
        return datetime.fromtimestamp(commit.commit_time, UTC)
    except (OverflowError, ValueError, OSError):
        fallback = max(order, datetime.fromtimestamp(0, UTC))
        progress.note(f"commit {str(commit.id)[:12]} has an impossible time; {fallback:%Y-%m-%d %H:%M} UTC is used")
        return fallback


def _seen(repository: pygit2.Repository, reading: Reading, commit: pygit2.Commit, progress: Progress) -> Iterator[Seen]:
    import pygit2  # noqa: PLC0415

    try:
        changed = _changed(commit, reading.globs)
        for path, blob_id in sorted(changed.items()):
            if blob_id is None:
                yield Seen(path, path, None)
                continue
            size = repository.odb.read_header(blob_id)[1]
            if size > LARGEST:
                progress.note(_too_large(path, size, f"commit {str(commit.id)[:12]}"))
            else:
                yield Seen(path, path, partial(_blob, repository, reading, blob_id))
    except (KeyError, pygit2.GitError) as error:
        raise CarnetError(_incomplete(reading, f"a file of commit {str(commit.id)[:12]}")) from error


def _blob(repository: pygit2.Repository, reading: Reading, blob_id: pygit2.Oid) -> bytes:
    import pygit2  # noqa: PLC0415

    try:
        return repository.odb.read(blob_id)[1]  # a third faster than by way of a Blob, and its hash is checked too
    except (KeyError, pygit2.GitError) as error:
        raise CarnetError(_incomplete(reading, f"the file {str(blob_id)[:12]}")) from error


def _changed(commit: pygit2.Commit, globs: tuple[str, ...]) -> dict[str, pygit2.Oid | None]:
    """Path -> blob id (None: gone) of every wanted file that differs from the first parent."""
    parents, tree = commit.parents, commit.tree
    diff = parents[0].tree.diff_to_tree(tree) if parents else tree.diff_to_tree(swap=True)
    changed: dict[str, pygit2.Oid | None] = {}
    for delta in diff.deltas:
        old, new = delta.old_file, delta.new_file
        is_file, was_file = new.mode in FILE_MODES, old.mode in FILE_MODES
        path = new.raw_path.decode("utf-8", "backslashreplace")
        if not (is_file or was_file) or (is_file and was_file and old.id == new.id) or not wanted(path, globs):
            continue
        # A file that became a symbolic link is one deletion and one addition of the same path.
        changed[path] = new.id if is_file else changed.get(path)
    return changed


def _too_large(path: str, size: int, where: str) -> str:
    return f"{path} ({where}) has {size / 1e6:.1f} MB, more than the {LARGEST // 1024**2} MB taken; skipped"
