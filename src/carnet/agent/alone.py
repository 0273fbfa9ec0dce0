"""Whether another process holds a file: a lock that the system lets go of with its process."""

from __future__ import annotations


def alone(file: int) -> bool:
    """Hold a file (by its descriptor) for as long as it is open; False where another does.

    Windows has no such lock: there everybody is alone, and whoever asks must bear that two do the same.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
