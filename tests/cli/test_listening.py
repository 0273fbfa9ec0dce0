"""Where the relay listens: sockets made here or handed over, on one port, and nobody else gets a share of it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from carnet.cli.handing import Handed
from carnet.cli.listening import address, board, listen, number_of_processes
from carnet.errors import CarnetError
from carnet.gateway.board import PATH
from carnet.gateway.server import listen as shared

if TYPE_CHECKING:
    from carnet.settings import Settings


@pytest.fixture
def two(settings: Settings) -> Settings:
    return settings.with_option("relay.workers", "2").with_option("relay.port", "0")


def test_each_process_has_a_socket_of_one_port(two: Settings) -> None:
    with listen(two) as bound:
        assert len({one.getsockname() for one in bound}) == 1
        assert len(bound) == 2
        assert address(two, bound) == f"http://127.0.0.1:{bound[0].getsockname()[1]}"


def test_without_a_number_there_is_a_process_for_each_core(settings: Settings) -> None:
    assert number_of_processes(settings) == len(os.sched_getaffinity(0))


def test_a_port_that_somebody_has_is_refused_also_where_it_could_be_shared(two: Settings) -> None:
    with listen(two) as bound:
        port = str(bound[0].getsockname()[1])
        with (
            pytest.raises(CarnetError, match=rf"port {port}.*--relay-port"),
            listen(two.with_option("relay.port", port)),
        ):
            pass
    with pytest.raises(CarnetError, match="not a port"), listen(two.with_option("relay.port", "70000")):
        pass


def test_beyond_loopback_nothing_listens_without_a_certificate(two: Settings) -> None:
    with pytest.raises(CarnetError, match="tls init"), listen(two.with_option("relay.host", "0.0.0.0")):
        pass


def _handed(*sockets: socket.socket, pinned: bool = False) -> Handed:
    return Handed(relay=tuple(os.dup(one.fileno()) for one in sockets), pinned=pinned)


def test_sockets_that_were_handed_over_are_used_and_what_is_missing_is_added(two: Settings) -> None:
    with shared("127.0.0.1", 0) as one, listen(two, _handed(one)) as bound:
        assert len(bound) == 2
        assert {each.getsockname() for each in bound} == {one.getsockname()}
        assert not any(each.get_inheritable() for each in bound)


def test_one_at_another_address_than_the_settings_is_left(two: Settings) -> None:
    with shared("127.0.0.1", 0) as one, shared("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        other.close()
        with listen(two.with_option("relay.port", str(port)), _handed(one)) as bound:
            assert {each.getsockname()[1] for each in bound} == {port}


def test_a_socket_of_systemd_is_enough_wherever_it_lies(two: Settings) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        listen(two.with_option("relay.port", "1"), _handed(one, pinned=True)) as bound,
    ):
        assert [each.getsockname() for each in bound] == [one.getsockname()]


def test_a_socket_of_systemd_beyond_loopback_needs_tls_too(two: Settings) -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as one,
        pytest.raises(CarnetError, match="beyond loopback"),
        listen(two, _handed(one, pinned=True)),
    ):
        pass


def test_the_board_that_was_handed_over_is_used_if_it_is_of_this_layout(two: Settings) -> None:
    first = board(two, Handed())
    assert (two.data / PATH).exists()
    again = board(two, Handed(board=(first.descriptor,)))
    assert again.descriptor == first.descriptor
    os.pwrite(first.descriptor, b"carnet-board 0", 0)
    assert board(two, Handed(board=(first.descriptor,))).descriptor != first.descriptor
