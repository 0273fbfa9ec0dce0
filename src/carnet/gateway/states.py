"""What is read next of a client's connection."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """What is read next; below BUSY, something is."""

    HEAD = 0
    BODY = 1
    DISCARD = 2
    """The rest of a body whose request was refused; the next request stands behind it."""
    BUSY = 3
    """Nothing: an exchange is under way."""
    LINGER = 4
    """Whatever comes, until the client has read the refusal and leaves."""
