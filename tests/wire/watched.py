"""Runs cells in a network namespace of their own, where every address leads back here, and writes down every packet
that opens a connection: `unshare -rn python -m tests.wire.watched FOLDER`, cells as JSON lines in, what was seen out.

Whoever speaks to anybody must send a packet over the only interface there is. It does not matter what the program
believes of itself: the record is the kernel's.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.wire.cells import PORT, SERVICES
from tests.wire.program import run

IP4, IP6, OUTGOING, TCP, UDP = 0x0800, 0x86DD, 4, 6, 17
SYN, ACK = 0x02, 0x10


def main(root: Path) -> None:
    """Watch one cell after the other."""
    for words in ("link set lo up", "route add local default dev lo", "-6 route add local default dev lo"):
        subprocess.run(["ip", *words.split()], check=True)
    _serve()
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    packets.bind(("lo", 0))
    packets.setblocking(False)
    for number, line in enumerate(sys.stdin):
        cell, folder = json.loads(line), root / str(number)
        opened(packets)
        status = _in_child(cell, folder)
        seen = {"status": status, "opened": sorted(opened(packets)), "written": _written(folder)}
        sys.stdout.write(json.dumps(seen) + "\n")
        sys.stdout.flush()


def opened(packets: socket.socket) -> set[tuple[str, int, str]]:
    """(address, port, protocol) of every connection that was begun and every datagram that was sent since."""
    found: set[tuple[str, int, str]] = set()
    while True:
        try:
            data, sender = packets.recvfrom(65_535)
        except BlockingIOError:
            return found
        one = _begun(data[14:], sender[1]) if sender[2] == OUTGOING else None
        if one is not None:
            found.add(one)


def _begun(packet: bytes, kind: int) -> tuple[str, int, str] | None:
    if kind == IP4:
        family, protocol, address, rest = socket.AF_INET, packet[9], packet[16:20], packet[(packet[0] & 15) * 4 :]
    elif kind == IP6:
        family, protocol, address, rest = socket.AF_INET6, packet[6], packet[24:40], packet[40:]
    else:
        return None
    if protocol == UDP or (protocol == TCP and rest[13] & (SYN | ACK) == SYN):
        return socket.inet_ntop(family, address), struct.unpack(">H", rest[2:4])[0], "udp" if protocol == UDP else "tcp"
    return None


def _in_child(cell: dict[str, Any], folder: Path) -> int:
    """Run the program as a process with just this environment, and wait for its end."""
    for name in ("home", "project", "managed"):
        (folder / name).mkdir(parents=True)
    for name, value in cell["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value), "utf-8")
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        for name in list(os.environ):
            del os.environ[name]
        os.environ.update({"HOME": str(folder / "home"), **cell["env"]})
        os.chdir(folder / "project")
        run(folder, cell["scene"])
        status = 0
    except BaseException:  # noqa: BLE001 - said, and told by the status
        traceback.print_exc()
    finally:
        os._exit(status)


def _written(folder: Path) -> list[str]:
    """Files that the program left, beside the settings it was given."""
    return sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and "settings" not in p.name
    )


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        told = json.dumps({"domain": self.path.rpartition("=")[2], "can_fetch": True}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def _serve() -> None:
    """The collectors, in a process that ends with this one."""
    servers = [ThreadingHTTPServer((address, PORT), _Taker) for address in SERVICES.values()]
    ours, theirs = os.pipe()
    if os.fork():
        for server in servers:
            server.server_close()
        os.close(ours)  # the other end stays open for as long as this process lives
        return
    os.close(theirs)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    os.read(ours, 1)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
