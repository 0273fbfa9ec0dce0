from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores.embedded.exclusive import Exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from carnet.stores.embedded.exclusive import Exclusive
with Exclusive(Path(sys.argv[1]))():
    print("held", flush=True)
    sys.stdin.readline()
print("free", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records" / "lock"


@pytest.fixture
def lock(path: Path) -> Iterator[Exclusive]:
    with closing(Exclusive(path)) as opened:
        yield opened


def free(path: Path) -> bool:
    """Whether somebody else could have the lock now."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_its_holder_may_take_it_again_and_it_is_free_after_the_last(lock: Exclusive, path: Path) -> None:
    with lock():
        with lock(), lock():
            assert not free(path)
        assert not free(path)
    assert free(path)


def test_a_fault_under_it_leaves_it_free(lock: Exclusive, path: Path) -> None:
    with pytest.raises(KeyError), lock(), lock():
        raise KeyError
    assert free(path)
    with lock():
        assert not free(path)


def test_another_thread_has_it_only_afterwards(lock: Exclusive) -> None:
    with ThreadPoolExecutor(1) as threads:

        def let_in() -> bool:
            return threads.submit(lock._threads.acquire, blocking=False).result()

        with lock():
            with lock():
                assert not let_in()
            assert not let_in()
        assert let_in()
        threads.submit(lock._threads.release).result()
    with lock():
        pass


def test_another_process_holds_it_until_it_lets_go(lock: Exclusive, path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        assert not free(path)
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "free\n"
        with lock():
            assert not free(path)
        holder.stdin.write("\n")


def test_a_killed_process_holds_nothing(lock: Exclusive, path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not free(path)
        holder.send_signal(signal.SIGKILL)
    with lock():
        assert not free(path)


def test_it_can_be_taken_after_it_was_closed(lock: Exclusive, path: Path) -> None:
    for _ in range(2):
        with lock():
            assert not free(path)
        lock.close()
        lock.close()
        assert free(path)


def test_a_place_that_cannot_hold_it_is_named_and_nothing_is_held(lock: Exclusive, path: Path) -> None:
    path.parent.write_bytes(b"a file in the place of the folder")
    with pytest.raises(StoreError, match=r"records/lock: the lock file cannot be written"):
        lock().__enter__()
    path.parent.unlink()
    with lock():
        assert not free(path)
