"""How much and how long: every bound of the relay in one noun."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes, counts and seconds. What is beyond them is refused or ended, never waited for."""

    clients: int = 16_384
    """Connections of clients of one process; what comes beyond them is told so and let go."""
    crowd: int = 256
    """Of those, how many are told at once; more are cut off without a word."""
    head: int = 64 << 10
    """Bytes of a head, of a request or of a response."""
    headers: int = 200
    target: int = 8 << 10
    body: int = 32 * MIB
    """Bytes of a request's body."""
    ahead: int = 64 << 10
    """Bytes of a next request that are read while one is under way."""
    write_ahead: int = 64 << 10
    """Bytes that wait for a slow client before its upstream is paused."""

    head_time: float = 20.0
    """From the first byte of a head to its last."""
    keep_alive: float = 120.0
    """Silence of a client between two requests."""
    body_pause: float = 30.0
    """Silence of a client inside a body."""
    body_time: float = 600.0
    """A whole body, however it drips."""
    linger: float = 2.0
    """How long what a refused client still sends is read, so that it can read the answer."""

    connect: float = 10.0
    """Name, connection, proxy and TLS together."""
    first_byte: float = 120.0
    """From the request sent to the response's head."""
    silence: float = 300.0
    """Between two pieces of a response, and of a client that reads nothing."""
    stale: float = 2.0
    """A reused connection that ends within this time, unheard, had ended before: the request may go again."""

    pool: int = 512
    """Idle connections kept for one upstream."""
    pool_idle: float = 50.0
    down: float = 10.0
    """How long an upstream that could not be reached is tried after the others."""

    drain_bytes: int = 16 * MIB
    """What is still read of a response whose client has gone, so that its usage is known to the end."""
    drain_time: float = 600.0
    hold: float = 10.0
    """How long the end of a response is held back until its record is durable, where it must be recorded."""
    parting: float = 3600.0
    """How long exchanges under way may take once other processes have taken the relay's place."""
    grace: float = 300.0
    """How long exchanges under way may take once the relay is told to stop."""
