"""What a program is handed by systemd, or by the program that it takes the place of."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from carnet.cli.handing import Handed, begin_anew, command_line, handed, is_at, socket_of
from carnet.errors import CarnetError


@pytest.mark.parametrize(
    "given",
    [
        Handed(), Handed((3,), (4, 5), (6,), (100, 200), (8,), {"web": 9, "relay": 10}), Handed((3,), pinned=True),
        Handed(processes=(7,)),
    ],
)  # fmt: skip
def test_what_is_handed_over_is_read_by_the_same_process_alone(given: Handed) -> None:
    environ = {"CARNET_HANDED": given.words(42)}
    assert handed(environ, 42) == given
    assert handed(environ, 43) == Handed()


def test_sockets_of_systemd_are_told_apart_by_their_names() -> None:
    environ = {"LISTEN_PID": "42", "LISTEN_FDS": "4", "LISTEN_FDNAMES": "relay:web:relay:grpc"}
    assert handed(environ, 42) == Handed((4,), (3, 5), grpc=(6,), pinned=True)
    assert handed(environ, 43) == Handed()


@pytest.mark.parametrize("names", ["relay:unknown", "relay"])
def test_a_socket_of_another_name_is_refused(names: str) -> None:
    with pytest.raises(CarnetError, match="FileDescriptorName=relay"):
        handed({"LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": names}, 42)


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(CarnetError, match="handed"):
        handed({"CARNET_HANDED": "42;web=x"}, 42)


def test_what_does_not_listen_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        with socket_of(os.dup(bound.fileno())) as found:
            assert found.getsockname() == bound.getsockname()
        with socket.create_connection(bound.getsockname()) as client, pytest.raises(CarnetError, match="not listen"):
            socket_of(os.dup(client.fileno()))
    reading, writing = os.pipe()
    with pytest.raises(CarnetError, match="no socket"):
        socket_of(reading)
    os.close(writing)
    os.close(reading)


def test_an_address_is_known_by_any_of_its_names() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        assert is_at(bound, "127.0.0.1", port)
        assert is_at(bound, "localhost", 0)
        assert not is_at(bound, "127.0.0.2", port)
        assert not is_at(bound, "127.0.0.1", port + 1)


def test_a_program_begins_anew_as_it_was_started() -> None:
    assert command_line()[0] == sys.executable
    assert command_line()[1:] == sys.orig_argv[1:]
    assert begin_anew.__doc__


PROGRAM = """
import os, socket, sys
from carnet.cli.handing import Handed, begin_anew, handed, socket_of
given = handed()
if given.web:
    bound = socket_of(given.web[0])
    bound.accept()[0].sendall(f"{os.getpid()} {sys.argv[1]}".encode())
else:
    bound = socket.create_server(("127.0.0.1", 0))
    print(os.getpid(), bound.getsockname()[1], flush=True)
    sys.stdin.readline()
    begin_anew(Handed((bound.fileno(),)))
"""


def test_a_process_keeps_its_id_and_whoever_connected_meanwhile() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "an argument"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        pid, port = map(int, process.stdout.readline().split())
        with socket.create_connection(("127.0.0.1", port), 30) as client:
            process.stdin.write("go\n")
            process.stdin.flush()
            assert client.recv(100).decode() == f"{pid} an argument"
    assert process.returncode == 0
