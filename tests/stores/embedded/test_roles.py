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


ANEW = """
import os, sys
from pathlib import Path
from carnet.errors import BusyError
from carnet.stores.embedded.roles import role
data, descriptor = Path(sys.argv[1]), int(sys.argv[2])
if descriptor < 0:
    with role(data, "watch") as held:
        os.set_inheritable(held, True)
        os.execv(sys.executable, [sys.executable, "-c", sys.argv[3], sys.argv[1], str(held), ""])
print("anew", flush=True)
sys.stdin.readline()
with role(data, "watch", descriptor) as held:
    assert (held == descriptor) == (sys.stdin.readline() == "same\\n")
    assert not os.get_inheritable(held)
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("same", [True, False])
def test_a_role_stays_held_while_another_program_begins_in_the_process(data: Path, tmp_path: Path, same: bool) -> None:  # noqa: FBT001
    if not same:
        with role(data, "watch"):
            pass
    with subprocess.Popen(
        [sys.executable, "-c", ANEW, str(data), "-1", ANEW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None

        def refused() -> None:
            second = role(data, "watch")
            with pytest.raises(BusyError, match=f"process {process.pid}"):
                second.__enter__()

        assert process.stdout.readline() == "anew\n"
        refused()
        if not same:
            data.rename(tmp_path / "elsewhere")
        process.stdin.write("go\nsame\n" if same else "go\nother\n")
        process.stdin.flush()
        assert process.stdout.readline() == "held\n"
        refused()
        if not same:
            with role(tmp_path / "elsewhere", "watch"):
                pass
    assert process.returncode == 0
    with role(data, "watch"):
        pass


def test_a_descriptor_that_is_somebody_elses_by_now_is_left_alone(data: Path, tmp_path: Path) -> None:
    with (tmp_path / "other").open("w") as other, role(data, "watch", other.fileno()) as held:
        assert held != other.fileno()
        other.write("still open")
    os.close(closed := os.open(tmp_path / "other", os.O_RDONLY))
    with role(data, "watch", closed):
        pass


@pytest.mark.parametrize("name", ["../carnet", "", "Watch", "a b"])
def test_a_role_is_a_plain_word(data: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a role"):
        role(data, name).__enter__()


def test_a_folder_that_cannot_hold_the_lock_is_named(data: Path) -> None:
    data.write_bytes(b"")
    with pytest.raises(StoreError, match=r"watch\.lock: the lock file cannot be written"):
        role(data, "watch").__enter__()
