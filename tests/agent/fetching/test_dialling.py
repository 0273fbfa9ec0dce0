"""Which address is dialled, and what is done where one does not answer."""

from __future__ import annotations

import socket

import pytest

from carnet.agent.fetching.deadline import Deadline
from carnet.agent.fetching.dialling import Network, dial, system_lookup
from carnet.agent.fetching.nouns import NotFetchedError
from carnet.model.host import read_host

HOST = read_host("pages.example")


def test_an_address_that_does_not_answer_leaves_its_turn_to_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Deadline(5) as deadline:
        port = server.getsockname()[1]
        network = Network(lambda *_: ["127.0.0.3", "127.0.0.1"], lambda _: "")
        with dial(HOST, port, network, deadline) as connected:
            assert connected.getpeername() == ("127.0.0.1", port)


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for lookup in (lambda *_: ["127.0.0.1"], lambda *_: []):
        with Deadline(5) as deadline, pytest.raises(NotFetchedError) as found:
            dial(HOST, port, Network(lookup, lambda _: ""), deadline)
        assert found.value.reason == "unreachable"


def test_a_resolver_that_fails_is_an_unreachable_host() -> None:
    def failing(*_: object) -> list[str]:
        raise socket.gaierror(8, "no such name")

    with Deadline(5) as deadline, pytest.raises(NotFetchedError, match="no address"):
        dial(HOST, 80, Network(failing), deadline)


def test_the_systems_resolver_gives_addresses() -> None:
    assert "127.0.0.1" in system_lookup("localhost", 80)


def test_without_anything_injected_this_machine_is_no_aim() -> None:
    with Deadline(5) as deadline, pytest.raises(NotFetchedError, match="loopback"):
        dial(read_host("localhost"), 80, Network(), deadline)
