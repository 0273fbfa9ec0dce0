from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from carnet.gateway import allocator

if TYPE_CHECKING:
    import pytest

PROBE = """
import resource
from carnet.gateway.allocator import steady
steady()
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
blocks = [bytearray(100_000)]
blocks.clear()
before = faults()
for _ in range(200):
    bytearray(100_000)
print(faults() - before)
"""


def test_memory_at_the_top_of_the_heap_is_not_faulted_in_again() -> None:
    run = subprocess.run([sys.executable, "-c", PROBE], check=True, capture_output=True)
    assert int(run.stdout) < 200


RETURNED = """
from carnet.gateway.allocator import give_back, steady
def resident(): return int(open("/proc/self/statm").read().split()[1]) * 4096
steady()
before = resident()
blocks = [bytearray(100_000) for _ in range(200)]
last = bytearray(100_000)
blocks.clear()
held = resident()
given = give_back()
print(given, held - before > 15_000_000, resident() - before < 5_000_000)
"""


def test_memory_that_is_free_is_given_back_once_that_is_asked_for() -> None:
    run = subprocess.run([sys.executable, "-c", RETURNED], check=True, capture_output=True, text=True)
    assert run.stdout == "True True True\n"


def test_a_system_without_mallopt_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: Any) -> object:
        return object()

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert not allocator.steady()
    assert not allocator.give_back()


def test_the_collector_leaves_what_was_there_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(gc, "collect", lambda: called.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: called.append("freeze"))
    monkeypatch.setattr(gc, "set_threshold", lambda *thresholds: called.append(thresholds))
    allocator.settle()
    assert called == ["collect", "freeze", (20_000, 20, 50)]


def test_no_thread_holds_the_loop_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(sys, "setswitchinterval", told.append)
    allocator.take_turns()
    assert told == [allocator.TURN]
