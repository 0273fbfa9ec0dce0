"""What `carnet serve` is handed when it starts: listening sockets from systemd, or all it had before it began anew.

A restart keeps the process: it executes itself, and what it listens at, the locks of its roles, its board and the
relay's processes stay. No socket is ever closed, so that whoever connects meanwhile waits and is not refused.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.loopback import is_loopback
from carnet.settings import child_environment, environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OURS = "CARNET_HANDED"
SYSTEMD = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
NAMES = (OURS, *SYSTEMD)
"""Variables that are for this process alone: none that it starts gets them."""
_ROWS = ("web", "relay", "board", "processes", "grpc")
_ROLE = "role."
_FIRST = 3
"""systemd's first descriptor (sd_listen_fds(3))."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a program is handed as it starts: descriptors, and processes that are its children already."""

    web: tuple[int, ...] = ()
    relay: tuple[int, ...] = ()
    board: tuple[int, ...] = ()
    processes: tuple[int, ...] = ()
    grpc: tuple[int, ...] = ()
    roles: Mapping[str, int] = field(default_factory=dict)
    """Role -> descriptor of the lock that holds it."""
    pinned: bool = False
    """The sockets are systemd's: they lie where its unit says, whatever the settings do."""

    def words(self, process: int) -> str:
        """As it is written into the environment, for this process only."""
        rows: dict[str, tuple[int, ...]] = {name: getattr(self, name) for name in _ROWS}
        rows |= {f"{_ROLE}{name}": (descriptor,) for name, descriptor in self.roles.items()}
        said = [f"{name}={','.join(map(str, row))}" for name, row in rows.items() if row]
        return ";".join([str(process), *said, *(["pinned=1"] if self.pinned else [])])


def handed(environ: Mapping[str, str] | None = None, process: int | None = None) -> Handed:
    """What this process was handed. Raises CarnetError where it cannot be made out."""
    environ = environment() if environ is None else environ
    process = os.getpid() if process is None else process
    try:
        if environ.get(OURS, "").partition(";")[0] == str(process):
            return _ours(environ[OURS])
        if environ.get("LISTEN_PID") == str(process):
            return _from_systemd(int(environ.get("LISTEN_FDS", "0")), environ.get("LISTEN_FDNAMES", "").split(":"))
    except ValueError as error:
        raise CarnetError(f"what was handed to this process cannot be read: {error}") from error
    return Handed()


def _ours(words: str) -> Handed:
    rows = dict(row.split("=") for row in words.split(";")[1:])
    numbers = {name: tuple(map(int, row.split(","))) for name, row in rows.items()}
    roles = {name.removeprefix(_ROLE): row[0] for name, row in numbers.items() if name.startswith(_ROLE)}
    web, relay, board, processes, grpc = (numbers.get(name, ()) for name in _ROWS)
    return Handed(web, relay, board, processes, grpc, roles, "pinned" in numbers)


def _from_systemd(number: int, names: Sequence[str]) -> Handed:
    found: dict[str, list[int]] = {"web": [], "relay": [], "grpc": []}
    for descriptor in range(_FIRST, _FIRST + number):
        at = descriptor - _FIRST
        name = names[at] if at < len(names) else ""
        if name not in found:
            raise CarnetError(
                f"systemd hands over a socket named {name or 'nothing'!r}; "
                "name each with FileDescriptorName=web, FileDescriptorName=grpc or FileDescriptorName=relay"
            )
        found[name].append(descriptor)
    return Handed(tuple(found["web"]), tuple(found["relay"]), grpc=tuple(found["grpc"]), pinned=True)


def socket_of(descriptor: int) -> socket.socket:
    """The listening socket behind a descriptor. Raises CarnetError where it is none."""
    try:
        bound = socket.socket(fileno=descriptor)
        listens = bound.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CarnetError(f"descriptor {descriptor} that was handed over is no socket: {error.strerror}") from error
    if not listens:
        bound.close()
        raise CarnetError(f"descriptor {descriptor} that was handed over does not listen")
    bound.set_inheritable(False)
    return bound


def check_near(bound: socket.socket, host: str, *, pinned: bool) -> None:
    """What may be asked in the clear is told by the settings: they must not take a socket for nearer than it is."""
    where = bound.getsockname()[0]
    if pinned and is_loopback(host) and not is_loopback(where):
        raise CarnetError(
            f"the socket of systemd is at {where}, beyond loopback, and web.host is {host}: keys would go over the "
            f"network in the clear; set web.host to the address or name of that socket"
        )


def begin_anew(keeping: Handed) -> None:
    """Execute this program again, in this process, with its own arguments. Does not return."""
    for descriptor in (*keeping.web, *keeping.relay, *keeping.board, *keeping.grpc, *keeping.roles.values()):
        os.set_inheritable(descriptor, True)
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # one that comes meanwhile waits for the new handler
    environ = child_environment({OURS: keeping.words(os.getpid())}, without=NAMES)
    os.execve(sys.executable, command_line(), environ)  # noqa: S606 - no shell is wanted


def is_at(one: socket.socket, host: str, port: int) -> bool:
    """Whether a socket lies at an address of the settings; a port of 0 is any."""
    where = one.getsockname()
    with contextlib.suppress(OSError):
        hosts = {found[4][0] for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        return where[0] in hosts and port in {0, where[1]}
    return False


def command_line() -> list[str]:
    """How this program was started, with the interpreter's full path."""
    return [sys.executable, *sys.orig_argv[1:]]
