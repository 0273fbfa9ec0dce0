from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from carnet.gateway import allocator

PROBE = """
import resource
from carnet.gateway.allocator import steady
steady() if {steady} else None
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
blocks = [bytearray(100_000)]
blocks.clear()
before = faults()
for _ in range(200):
    bytearray(100_000)
print(faults() - before)
"""


def test_memory_at_the_top_of_the_heap_is_not_faulted_in_again() -> None:
    faults = [
        int(subprocess.run([sys.executable, "-c", PROBE.format(steady=on)], check=True, capture_output=True).stdout)
        for on in (True,)
    ]
    assert faults[0] < 200


def test_a_system_without_mallopt_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: Any) -> object:
        return object()

    monkeypatch.setattr(allocator.ctypes, "CDLL", none)
    assert not allocator.steady()
