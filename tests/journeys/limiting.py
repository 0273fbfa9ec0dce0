"""Runs an operation of `killing` on a disk that has no more room: at several lengths a file may get to, or from behind
every durable step on.

    python -m tests.journeys.limiting OPERATION FOLDER lengths|steps

A limit on the size of files (setrlimit(2)) stands for the full disk: not everybody may mount a small one. It is the
meaner of the two: what is overwritten in place fails as well.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from tests.journeys.killing import Steps, examined, forked, prepare, run, warm
from tests.journeys.operations import OPERATIONS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journeys.operations import Operation

LENGTHS = (0, 700, 9_000, 22_000, 40_000, 60_000, 1_000_000)
REFUSED, UNTOUCHED = 7, 8
"""Exit status of an operation that said there was no room, and of one that had ended before there was none."""


def most(length: int) -> None:
    """No file of this process may grow beyond a length."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, resource.RLIM_INFINITY))


def limited(folder: Path, operation: Operation, world: World, begin: Callable[[], Steps | None], acks: Path) -> None:
    """In a child: run the operation; say clearly that there was no room."""
    rows: list[tuple[str, str]] = []
    walked: list[Steps | None] = []
    try:
        run(folder, operation, world, lambda *row: rows.append(row), lambda: walked.append(begin()))
    except CarnetError as error:
        said = str(error)
        assert any(word in said for word in ("no space", "room", "cannot be", "large")), said
        raise SystemExit(REFUSED) from None
    finally:
        most(resource.RLIM_INFINITY)
        acks.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if walked[0] is not None and walked[0].left >= 0:
        raise SystemExit(UNTOUCHED)


def beginnings(how: str) -> Iterator[tuple[int, Callable[[], Steps | None]]]:
    """A number for each run, and what makes its disk full."""
    if how == "lengths":
        for length in LENGTHS:
            yield length, lambda length=length: most(length)  # type: ignore[misc]
    else:
        for step in count():
            yield step, lambda step=step: Steps(step, lambda: most(0))  # type: ignore[misc]


def main(name: str, folder: Path, how: str) -> int:
    operation = OPERATIONS[name]
    warm(folder / "warm")
    prepared, copy, acks, told = folder / "prepared", folder / "copy", folder / "acks", folder / "world"
    ended, raised = forked(lambda: prepare(prepared, operation.before, told))
    if ended:
        raise SystemExit(raised)
    world, refused, runs = World(*json.loads(told.read_text())), 0, 0
    for number, begin in beginnings(how):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(prepared, copy)
        ended, raised = forked(lambda begin=begin: limited(copy, operation, world, begin, acks))  # type: ignore[misc]
        if ended == UNTOUCHED:
            break
        runs += 1
        if ended not in {0, REFUSED}:
            sys.stdout.write(json.dumps({"limit": number, "raised": raised}) + "\n")
            continue
        refused += ended == REFUSED
        done = ended == 0
        wrong, raised = forked(lambda done=done: examined(copy, operation, world, acks, done=done))  # type: ignore[misc]
        if wrong:
            told_ = {"limit": number, "done": done, "raised": raised or f"ended by {wrong}"}
            sys.stdout.write(json.dumps(told_) + "\n")
    sys.stdout.write(json.dumps({"refused": refused, "of": runs}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
