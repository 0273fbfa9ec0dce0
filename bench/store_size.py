"""How large a history is in Carnet's store, against git's repacked pack of the same history.

    .venv/bin/python bench/store_size.py [--versions 8000] [--repository DIR]

Without a repository it generates a history (the same one every time): 60 documents, a few lines changed at a time,
four documents a commit. Prints one JSON line. Needs git; no network.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.model.document import Document, Observation
from carnet.stores.embedded.store import EmbeddedStore

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTS = 60
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a history: the files it changes."""

    name: str
    at: datetime
    files: dict[str, bytes]


class Writer:
    """Writes invented help pages, and edits them the way such pages are edited."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = ["".join(self._random.choices("abcdefghijklmnoprstuvw", k=2 + n % 9)) for n in range(4000)]
        self._weights = [1 / (n + 3) for n in range(4000)]

    def sentence(self) -> str:
        words = self._random.choices(self._words, self._weights, k=self._random.randint(6, 24))
        if self._random.random() < 0.15:
            words.append(f"[{words[0]}](https://pages.test/{words[-1]}/{words[1]})")
        return " ".join(words).capitalize() + "."

    def block(self) -> list[str]:
        kind = self._random.random()
        if kind < 0.15:
            return [f"## {self.sentence()}", ""]
        if kind < 0.4:
            return [f"| `{self.sentence()[:20]}` | {self.sentence()} |" for _ in range(self._random.randint(2, 12))]
        if kind < 0.6:
            return [f"* {self.sentence()}" for _ in range(self._random.randint(2, 6))] + [""]
        return [" ".join(self.sentence() for _ in range(self._random.randint(1, 4))), ""]

    def page(self) -> list[str]:
        lines = ["# " + self.sentence(), ""]
        for _ in range(int(self._random.lognormvariate(4, 0.8))):
            lines += self.block()
        return lines

    def edit(self, lines: list[str]) -> list[str]:
        """A few small changes close to each other, now and then a block more or less."""
        lines, at = list(lines), self._random.randrange(len(lines))
        for _ in range(1 + min(60, int(self._random.expovariate(0.3)))):
            at = min(len(lines) - 1, max(0, at + self._random.randint(-6, 12)))
            kind = self._random.random()
            if kind < 0.6:
                words = lines[at].split(" ")
                words[self._random.randrange(len(words))] = self._random.choice(self._words)
                lines[at] = " ".join(words)
            elif kind < 0.8:
                lines[at] = self.sentence()
            elif kind < 0.92 or len(lines) < 20:
                lines[at:at] = self.block()
            else:
                del lines[at : at + self._random.randint(1, 4)]
        return lines


def generated(versions: int) -> Iterator[Commit]:
    """A history of that many versions, the same one every time."""
    chance, writer, at, number = random.Random(2), Writer(1), EPOCH, 0
    pages = {f"docs/page-{n:02}.md": writer.page() for n in range(DOCUMENTS)}
    changed = list(pages)
    while number < versions:
        files = {name: ("\n".join(pages[name]) + "\n").encode() for name in changed[: versions - number]}
        number += len(files)
        yield Commit(f"capture {at:%Y-%m-%d %H:%M}", at, files)
        at += timedelta(minutes=chance.randint(60, 600))
        # Some pages change much more often than others.
        changed = sorted({min(DOCUMENTS - 1, int(chance.expovariate(0.06))) for _ in range(chance.randint(1, 8))})
        changed = [f"docs/page-{n:02}.md" for n in changed]
        pages |= {name: writer.edit(pages[name]) for name in changed}


def git_size(commits: list[Commit], folder: Path) -> int:
    """Bytes of git's repacked pack of the history."""
    git = ["git", "-C", str(folder), "-c", "pack.threads=2"]
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    stream = b"".join(_fast_import(commits))
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True)
    return repacked(folder)


def repacked(folder: Path) -> int:
    """Bytes of a repository's packs (without their indexes) after `git repack -adf`."""
    subprocess.run(["git", "-C", str(folder), "repack", "-adfq"], check=True)
    packs = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--git-path", "objects/pack"],
        check=True,
        capture_output=True,
        text=True,
    )
    return sum(pack.stat().st_size for pack in (folder / packs.stdout.strip()).glob("*.pack"))


def _fast_import(commits: list[Commit]) -> Iterator[bytes]:
    for commit in commits:
        message = commit.name.encode()
        yield b"commit refs/heads/main\ncommitter Bench <bench@pages.test> %d +0000\n" % commit.at.timestamp()
        yield b"data %d\n%s\n" % (len(message), message)
        for path, text in commit.files.items():
            yield b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text)


def store_size(commits: list[Commit], folder: Path) -> tuple[int, float]:
    """Bytes of the store's file once closed, and the seconds it took to record the history."""
    store = EmbeddedStore(folder)
    paths = sorted({path for commit in commits for path in commit.files})
    documents = {path: store.documents.add_document(_document(path)).id for path in paths}
    observations = [
        Observation(documents[path], commit.at, text, source=f"git {number:040x}")
        for number, commit in enumerate(commits)
        for path, text in commit.files.items()
    ]
    started = time.perf_counter()
    for start in range(0, len(observations), BATCH):
        store.documents.record(observations[start : start + BATCH])
    seconds = time.perf_counter() - started
    store.close()
    return sum(file.stat().st_size for file in folder.glob("carnet.db*")), seconds


def _document(path: str) -> Document:
    return Document(0, "bench", path.removesuffix(".md"), f"import:bench/{path}")


def read_repository(folder: Path) -> Iterator[Commit]:
    """The commits of a repository's HEAD with the files each changed."""
    import pygit2  # noqa: PLC0415 (only for --repository)

    repository, known = pygit2.Repository(str(folder)), dict[str, object]()
    order = pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.REVERSE
    for commit in repository.walk(repository.head.target, order):
        index = pygit2.Index()
        index.read_tree(commit.tree)
        files = {entry.path: repository[entry.id].data for entry in index if known.get(entry.path) != entry.id}
        known |= {entry.path: entry.id for entry in index}
        yield Commit(str(commit.id), datetime.fromtimestamp(commit.commit_time, UTC), files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=8000)
    parser.add_argument("--repository", type=Path, help="measure this (bare) repository's history instead; repacks it")
    asked = parser.parse_args()
    commits = list(read_repository(asked.repository) if asked.repository else generated(asked.versions))
    with tempfile.TemporaryDirectory() as scratch:
        git = repacked(asked.repository) if asked.repository else git_size(commits, Path(scratch) / "git")
        size, seconds = store_size(commits, Path(scratch) / "store")
    texts = [text for commit in commits for text in commit.files.values()]
    answer = {"versions": len(texts), "commits": len(commits), "raw": sum(map(len, texts)), "git": git, "store": size}
    json.dump(answer | {"ratio": round(size / git, 3), "record_seconds": round(seconds, 2)}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
