"""No core dump of a process that has bodies in its memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_with_bodies_in_its_memory_leaves_no_dump() -> None:
    script = f"import ctypes, resource; from carnet.records.dumps import leave_no_dump; leave_no_dump(); {ASK}"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ended.stdout == "(0, 0) 0\n"
