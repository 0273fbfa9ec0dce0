"""A small web on this machine: sites whose answers a test writes byte by byte, and a domain check."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from carnet.agent import Agent, Bounds, DomainCheck, Fetcher, Where
from carnet.agent.fetching.dialling import Network
from carnet.documents.capture.addresses import objection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from carnet.model.host import Address

    Pieces = bytes | Iterable[bytes | float]

AUGUST, APRIL = date(2026, 8, 22), date(2026, 4, 23)


def answer(body: bytes = b"hello", status: str = "200 OK", *headers: str) -> bytes:
    """A response with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def moved(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, f"Location: {to}")


class Site:
    """A server on loopback; a number among the pieces of an answer is a pause in seconds."""

    def __init__(self, pages: Callable[[str], Pieces], tls: ssl.SSLContext | None = None) -> None:
        self._pages, self._tls = pages, tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.heads: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def targets(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]

    def close(self) -> None:
        with suppress(OSError):  # a thread that waits in accept() keeps the socket open otherwise
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._server.accept()
                threading.Thread(target=self._talk, args=(connected,), daemon=True).start()

    def _talk(self, connected: socket.socket) -> None:
        with suppress(OSError), connected:
            talking = self._tls.wrap_socket(connected, server_side=True) if self._tls else connected
            with talking:
                head = b""
                while b"\r\n\r\n" not in head and (read := talking.recv(65536)):
                    head += read
                if b"\r\n\r\n" not in head:
                    return
                self.heads.append(head.decode("latin-1"))
                for piece in _pieces(self._pages(head.decode("latin-1").split(" ")[1])):
                    if isinstance(piece, float):
                        time.sleep(piece)
                    else:
                        talking.sendall(piece)


def _pieces(given: Pieces) -> Iterator[bytes | float]:
    yield from [given] if isinstance(given, bytes) else given


class Web:
    """Names of this small web, a fetcher over it, and what was asked."""

    def __init__(self, folder: Path, day: date = AUGUST) -> None:
        self.folder, self.day, self.at = folder, day, 0.0
        self.no: set[str] = set()
        """Hosts that the check refuses."""
        self.broken: Pieces | None = None
        """What the check sends instead of an answer."""
        self.names: dict[str, list[list[str]]] = defaultdict(lambda: [["127.0.0.1"]])
        """Name -> addresses of each look-up in turn, the last for all that follow."""
        self.lookups: list[str] = []
        self.pages: dict[str, Pieces] = {}
        self.tls: ssl.SSLContext | None = None
        self.check = Site(self._checked)
        self.site = Site(lambda target: self.pages.get(target, answer()))
        self.confirmed: set[str] = set()

    def close(self) -> None:
        self.check.close()
        self.site.close()

    @property
    def asked(self) -> list[str]:
        return [parse_qs(urlsplit(target).query)["domain"][0] for target in self.check.targets]

    def url(self, host: str = "pages.example", target: str = "/") -> str:
        return f"http://{host}:{self.site.port}{target}"

    def settings(self, value: object, where: str = "home") -> None:
        """Write settings of the user, the project or the managed layer."""
        path = self.folder / where / ("managed-settings.json" if where == "managed" else ".claude/settings.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def fetcher(self, bounds: Bounds | None = None, key: str = "") -> Fetcher:
        for name in ("home", "project", "managed"):
            (self.folder / name).mkdir(exist_ok=True)
        where = Where(self.folder / "home", self.folder / "project", self.folder / "managed", {})
        return Fetcher(
            DomainCheck(f"http://127.0.0.1:{self.check.port}", key),
            Agent("my-agent", "1.0", as_of=self.day),
            where,
            bounds,
            Network(self._look_up, self._objection, self.tls),
            confirm=lambda host: host in self.confirmed,
            clock=lambda: self.at,
        )

    def _look_up(self, name: str, port: int) -> list[str]:
        del port
        self.lookups.append(name)
        turns = self.names[name]
        return turns.pop(0) if len(turns) > 1 else turns[0]

    def _objection(self, address: Address) -> str:
        """127.0.0.1 stands for the public internet here, and for nothing else of this machine."""
        return "" if str(address) == "127.0.0.1" else objection(address)

    def _checked(self, target: str) -> Pieces:
        host = parse_qs(urlsplit(target).query)["domain"][0]
        if self.broken is not None:
            return self.broken
        return answer(json.dumps({"domain": host, "can_fetch": host not in self.no}).encode())
