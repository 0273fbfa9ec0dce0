from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from carnet.errors import BusyError, StoreError
from carnet.stores.embedded.roles import role

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys, time
from pathlib import Path
from carnet.stores.embedded.roles import role
with role(Path(sys.argv[1]), "watch"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_who_holds_what_and_where(data: Path) -> None:
    with role(data, "watch"):
        second = role(data, "watch")
        with pytest.raises(BusyError) as told:
            second.__enter__()
    assert told.value.exit_code == 2
    assert all(word in str(told.value) for word in ("'watch'", str(os.getpid()), str(data)))


def test_a_role_is_free_again_after_its_holder(data: Path) -> None:
    for _ in range(2):
        with role(data, "watch"):
            pass


def test_another_role_is_free(data: Path) -> None:
    with role(data, "watch"), role(data, "web"):
        pass


def test_a_killed_process_holds_nothing(data: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(data)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        second = role(data, "watch")
        with pytest.raises(BusyError, match=f"process {holder.pid}"):
            second.__enter__()
        holder.send_signal(signal.SIGKILL)
    with role(data, "watch"):
        pass


@pytest.mark.parametrize("name", ["../carnet", "", "Watch", "a b"])
def test_a_role_is_a_plain_word(data: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a role"):
        role(data, name).__enter__()


def test_a_folder_that_cannot_hold_the_lock_is_named(data: Path) -> None:
    data.write_bytes(b"")
    with pytest.raises(StoreError, match=r"watch\.lock: the lock file cannot be written"):
        role(data, "watch").__enter__()
