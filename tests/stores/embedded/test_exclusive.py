from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
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


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds it until it is written to, or ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_a_holder_that_does_not_let_go_is_named_after_a_while(path: Path) -> None:
    with closing(Exclusive(path, 0.05)) as lock:
        with held_elsewhere(path) as holder:
            for _ in range(2):
                with pytest.raises(StoreError, match=rf"records/lock: process {holder.pid} has held the store for"):
                    lock().__enter__()
        with lock():
            assert not free(path)
        assert free(path)


def test_who_gave_up_does_not_take_it_afterwards(path: Path) -> None:
    with closing(Exclusive(path, 0.05)) as lock, held_elsewhere(path) as holder:
        with pytest.raises(StoreError):
            lock().__enter__()
        holder.communicate("\n\n")
        for thread in threading.enumerate():
            if thread.name == "carnet-lock":
                thread.join()
        assert free(path)
        with lock():
            assert not free(path)


def test_a_thread_that_does_not_let_go_is_waited_for_no_longer(path: Path) -> None:
    told = pytest.raises(StoreError, match=f"process {os.getpid()} has held the store")
    with closing(Exclusive(path, 0.05)) as lock, ThreadPoolExecutor(1) as threads, lock(), told:
        threads.submit(lock().__enter__).result()


def test_who_waits_in_vain_and_is_interrupted_leaves_it_free(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with closing(Exclusive(path, 5)) as lock, held_elsewhere(path), monkeypatch.context() as patch:
        patch.setattr("carnet.stores.embedded.exclusive._Waiter.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lock().__enter__()
    with closing(Exclusive(path, 5)) as lock, lock():
        assert not free(path)
    assert free(path)
