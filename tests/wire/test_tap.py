"""The witness itself: what it says it saw is what passed."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.wire.tap import Tap


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))[::-1]
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.send_header("content-length", "99")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        del args


def test_it_tells_what_passed_on_a_connection_that_was_used_twice() -> None:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Tap(server.server_address[1]).open() as tap:
            client = HTTPConnection("127.0.0.1", int(tap.url.rpartition(":")[2]), timeout=10)
            client.request("HEAD", "/api/hello")
            assert client.getresponse().read() == b""
            client.request("POST", "/v1/messages?beta=true", b"abc", {"x-a": "b"})
            assert client.getresponse().read() == b"cba"
            client.close()
            first, second = tap.asked()
        server.shutdown()
    assert (first.method, first.target, first.status, first.answer) == ("HEAD", "/api/hello", 404, b"")
    assert (second.method, second.target, second.status) == ("POST", "/v1/messages?beta=true", 201)
    assert (second.headers["x-a"], second.body, second.answer) == ("b", b"abc", b"cba")


def test_a_request_without_its_answer_is_not_whole() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Tap(silent.getsockname()[1]).open() as tap,
        socket.create_connection(("127.0.0.1", int(tap.url.rpartition(":")[2]))) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        with silent.accept()[0] as peer:
            assert peer.recv(100).startswith(b"GET /")
            assert tap.asked() == []
