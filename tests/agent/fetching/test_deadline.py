"""A deadline ends what is watched, before and after it is over."""

from __future__ import annotations

import socket

import pytest

from carnet.agent.fetching.deadline import Deadline


def test_a_watched_socket_ends_with_the_time() -> None:
    one, other = socket.socketpair()
    with one, other, Deadline(0.05) as deadline:
        deadline.watch(one)
        assert one.recv(1) == b""
        with pytest.raises(TimeoutError):
            deadline.left()


def test_a_socket_that_comes_too_late_ends_at_once() -> None:
    one, other = socket.socketpair()
    with one, other, Deadline(0) as deadline:
        deadline._timer.join(5)
        deadline.watch(one)
        assert other.recv(1) == b""


def test_within_the_time_nothing_ends() -> None:
    one, other = socket.socketpair()
    with one, other:
        with Deadline(60) as deadline:
            deadline.watch(one)
            assert deadline.left() > 0
        other.sendall(b"x")
        assert one.recv(1) == b"x"
