"""Runs an operation of `killing` on a disk that has no more room, at every length a file may get to.

    python -m tests.journeys.limiting OPERATION FOLDER

A limit on the size of files (setrlimit(2)) stands for the full disk: not everybody may mount a small one.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from tests.journeys.killing import examined, forked, prepare, run, warm
from tests.journeys.operations import OPERATIONS, World

if TYPE_CHECKING:
    from tests.journeys.operations import Operation

LIMITS = (0, 700, 9_000, 22_000, 40_000, 60_000, 1_000_000)
REFUSED = 7
"""Exit status of an operation that said there was no room."""


def limited(folder: Path, operation: Operation, world: World, most: int, acks: Path) -> None:
    """In a child: run the operation while no file may grow beyond a length; say clearly that there was no room."""
    rows: list[tuple[str, str]] = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        run(folder, operation, world, lambda record, body: rows.append((record, body)))
    except CarnetError as error:
        said = str(error)
        assert any(word in said for word in ("no space", "room", "cannot be", "large")), said
        raise SystemExit(REFUSED) from None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        acks.write_text("".join(json.dumps(row) + "\n" for row in rows))


def main(name: str, folder: Path) -> int:
    operation = OPERATIONS[name]
    warm(folder / "warm")
    prepared, copy, acks, told = folder / "prepared", folder / "copy", folder / "acks", folder / "world"
    ended, raised = forked(lambda: prepare(prepared, operation.before, told))
    if ended:
        raise SystemExit(raised)
    world, refused = World(*json.loads(told.read_text())), 0
    for most in LIMITS:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(prepared, copy)
        ended, raised = forked(lambda most=most: limited(copy, operation, world, most, acks))  # type: ignore[misc]
        if ended not in {0, REFUSED}:
            sys.stdout.write(json.dumps({"limit": most, "raised": raised}) + "\n")
            continue
        refused += ended == REFUSED
        done = ended == 0
        wrong, raised = forked(lambda done=done: examined(copy, operation, world, acks, done=done))  # type: ignore[misc]
        if wrong:
            sys.stdout.write(json.dumps({"limit": most, "done": done, "raised": raised or f"ended by {wrong}"}) + "\n")
    sys.stdout.write(json.dumps({"refused": refused, "of": len(LIMITS)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
