"""The ground itself: what the guard lets through and what it refuses."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests import conftest


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "pages.localhost", ""])
def test_loopback_is_let_through(host: str) -> None:
    assert conftest.is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com", "10.0.0.1", "169.254.169.254"])
def test_everything_else_is_refused(host: str) -> None:
    assert not conftest.is_loopback(host)


def test_a_connection_beyond_loopback_is_stopped_before_it_is_made() -> None:
    with socket.socket() as client, pytest.raises(conftest.BeyondLoopbackError):
        client.connect(("192.0.2.1", 80))
    with pytest.raises(conftest.BeyondLoopbackError):
        socket.getaddrinfo("carnet.example", 80)
    assert conftest._breaches[-2:] == ["socket.connect 192.0.2.1", "socket.getaddrinfo carnet.example"]
    del conftest._breaches[-2:]


def test_home_is_a_folder_of_the_test(home: Path, tmp_path: Path) -> None:
    assert Path("~").expanduser() == home
    assert home.is_relative_to(tmp_path)


def test_no_setting_of_the_machine_reaches_a_test() -> None:
    assert [name for name in os.environ if name.startswith("CARNET_")] == []
