"""How a relay process runs: memory stays where it is, the collector walks none of it for nothing, threads take turns.

glibc would give memory back after every request; here it is given back once nothing is to be done.
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_TRIM_THRESHOLD = -1
M_TOP_PAD = -2
TRIM = 256 << 20
PAD = 16 << 20


def steady() -> bool:
    """Set it for this process; False where the C library knows no such thing.

    A body of 100 KB at the top of the heap otherwise costs four times the CPU of the request that carries it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    mallopt.restype = ctypes.c_int
    return bool(mallopt(M_TRIM_THRESHOLD, TRIM)) and bool(mallopt(M_TOP_PAD, PAD))


def give_back() -> bool:
    """Give back what is free below the top as well, of all threads: a load of large bodies left it. Takes milliseconds.

    False where the C library knows no such thing.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return False
    trim.argtypes = (ctypes.c_size_t,)
    trim.restype = ctypes.c_int
    trim(0)
    return True


TURN = 0.0001
"""Seconds for which one thread may hold up the others: the loop's waits for that which writes records."""


def take_turns() -> None:
    """Threads change places often: a first byte is not to wait for a record."""
    sys.setswitchinterval(TURN)


def settle() -> None:
    """Leave what was made so far out of every collection, and collect seldom.

    An exchange lets go of what it holds when it ends, so that hardly anything is left for the collector to find.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
