"""Processes that get a share of a core each, so that on few cores it is they that bound a load, and not what makes it.

By the quota of control groups, the first version or the second; that takes root.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PERIOD = 10_000
"""Microseconds in which a process uses up its share."""
_FIRST, _SECOND = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextmanager
def limited(processes: Iterable[int], share: float) -> Iterator[bool]:
    """Give each of these that share of one core; False where that cannot be done here."""
    made: dict[int, Path] = {}
    try:
        yield all(_limit(process, share, made) for process in processes)
    finally:
        for process, group in made.items():
            with suppress(OSError):
                (group.parent / "cgroup.procs").write_text(str(process))
            with suppress(OSError):
                group.rmdir()


def _limit(process: int, share: float, made: dict[int, Path]) -> bool:
    first = (_FIRST / "cpu.cfs_quota_us").exists()
    group = (_FIRST if first else _SECOND) / f"carnet-bench-{os.getpid()}-{process}"
    quota = int(PERIOD * share)
    try:
        group.mkdir()
        made[process] = group
        if first:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        (group / "cgroup.procs").write_text(str(process))
    except OSError:
        return False
    return True
