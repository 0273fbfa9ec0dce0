"""This machine and no other."""

from __future__ import annotations

import pytest

from carnet.model.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "127.0.0.1.test", "localhost.test", "carnet.internal", "10.0.0.1", "192.0.2.1", ""]
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)
