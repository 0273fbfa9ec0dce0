"""Real handshakes on loopback: 1.2 or newer, the authority that was handed out, or nothing."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from carnet.errors import CarnetError
from carnet.gateway.certificates import make_files, read_authority
from carnet.gateway.tls import certificate_files, server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from carnet.settings import Settings

MARKER = b"MARKER-7f3a in the clear"
BEYOND = "192.0.2.10"


@pytest.fixture
def beyond(settings: Settings) -> Settings:
    """Settings of a relay beyond loopback, with the files `carnet tls init` makes."""
    make_files(settings.data / "tls", ["carnet.test"], "", datetime.now(UTC))
    return settings.with_option("relay.host", BEYOND)


class Listener:
    """Speaks TLS on loopback, answers whatever it reads, and remembers the bytes as they came."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                bare, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(bare, server_side=True) as stream:
                    stream.sendall(stream.recv(1000))
            except OSError:
                bare.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def listener(beyond: Settings) -> Iterator[Listener]:
    context = server_context(beyond)
    assert context is not None
    with closing(Listener(context)) as opened:
        yield opened


def client(ca: Path, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols(["h2", "http/1.1"])
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_whoever_has_the_authority_speaks_1_2_or_1_3(
    beyond: Settings, listener: Listener, version: ssl.TLSVersion
) -> None:
    context = client(beyond.data / "tls" / "ca.pem", version)
    with (
        socket.create_connection(("127.0.0.1", listener.port)) as bare,
        context.wrap_socket(bare, server_hostname="carnet.test") as stream,
    ):
        stream.sendall(MARKER)
        assert stream.recv(1000) == MARKER
        assert stream.version() == {771: "TLSv1.2", 772: "TLSv1.3"}[version]
        assert stream.selected_alpn_protocol() == "http/1.1"
        cipher = stream.cipher()
        assert cipher
        assert "GCM" in cipher[0] or "CHACHA20" in cipher[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(beyond: Settings, listener: Listener, version: ssl.TLSVersion) -> None:
    context = client(beyond.data / "tls" / "ca.pem", version)
    with (
        socket.create_connection(("127.0.0.1", listener.port)) as bare,
        pytest.raises(ssl.SSLError, match=r"(?i)version"),
    ):
        context.wrap_socket(bare, server_hostname="carnet.test")


def test_plain_text_gets_no_answer_in_plain_text(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port)) as bare:
        bare.sendall(b"GET / HTTP/1.1\r\nHost: carnet.test\r\n\r\n")
        bare.settimeout(10)
        try:
            answer = bare.recv(1000)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP")


@pytest.mark.parametrize("name", ["other.test", "127.0.0.2"])
def test_a_client_does_not_take_it_for_another(beyond: Settings, listener: Listener, name: str) -> None:
    context = client(beyond.data / "tls" / "ca.pem")
    with (
        socket.create_connection(("127.0.0.1", listener.port)) as bare,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(bare, server_hostname=name)


def test_whoever_does_not_have_the_authority_does_not_believe_it(listener: Listener) -> None:
    with (
        socket.create_connection(("127.0.0.1", listener.port)) as bare,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(bare, server_hostname="carnet.test")


def test_a_capture_between_client_and_listener_shows_no_marker(beyond: Settings, listener: Listener) -> None:
    context = client(beyond.data / "tls" / "ca.pem")
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    stream = context.wrap_bio(inward, outward, server_hostname="carnet.test")
    captured = bytearray()
    with socket.create_connection(("127.0.0.1", listener.port)) as bare:
        wanted: list[Callable[[], object]] = [
            stream.do_handshake,
            lambda: stream.write(MARKER),
            lambda: stream.read(1000),
        ]
        while wanted:
            try:
                said = wanted[0]()
            except ssl.SSLWantReadError:
                captured += _swap(bare, outward, inward)
            else:
                wanted.pop(0)
    assert said == MARKER
    assert len(captured) > 500
    assert MARKER not in captured


def _swap(bare: socket.socket, outward: ssl.MemoryBIO, inward: ssl.MemoryBIO) -> bytes:
    sent = outward.read()
    bare.sendall(sent)
    received = bare.recv(65536)
    inward.write(received)
    return sent + received


def test_loopback_needs_no_certificate_and_everything_else_does(settings: Settings) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert server_context(settings.with_option("relay.host", host)) is None
    for host in (BEYOND, "0.0.0.0", "::", "carnet.test"):
        with pytest.raises(CarnetError, match=r"in the clear.*carnet tls init"):
            server_context(settings.with_option("relay.host", host))
        with pytest.raises(CarnetError, match="not loopback"):
            server_context(settings, host)


def test_files_made_for_others_do_not_turn_loopback_to_tls_but_named_ones_do(beyond: Settings) -> None:
    local = beyond.with_option("relay.host", "127.0.0.1")
    assert server_context(local) is None
    named = local.with_option("tls.certificate", str(beyond.data / "tls" / "server.pem"))
    assert server_context(named) is not None
    assert certificate_files(named, "127.0.0.1") == (
        beyond.data / "tls" / "server.pem",
        beyond.data / "tls" / "server.key",
    )


def test_what_cannot_be_used_is_told_by_its_file(beyond: Settings, tmp_path: Path) -> None:
    place = beyond.data / "tls"
    named = beyond.with_option("tls.certificate", str(place / "server.pem"))
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    broken.chmod(0o600)
    encrypted = tmp_path / "encrypted.key"
    secret = serialization.BestAvailableEncryption(b"x")
    form = serialization.PrivateFormat.PKCS8
    encrypted.write_bytes(read_authority(place).key.private_bytes(serialization.Encoding.PEM, form, secret))
    encrypted.chmod(0o600)
    for key, words in (
        (tmp_path / "none.key", "none.key: the key of the certificate cannot be read"),
        (broken, "broken.pem are no certificate with its key"),
        (encrypted, "encrypted"),
        (place / "ca.key", "no certificate with its key"),
    ):
        with pytest.raises(CarnetError, match=words):
            server_context(named.with_option("tls.key", str(key)))
    with pytest.raises(CarnetError, match=r"none\.pem: the certificate cannot be read"):
        server_context(
            named.with_option("tls.certificate", str(tmp_path / "none.pem")).with_option(
                "tls.key", str(place / "server.key")
            )
        )
    with pytest.raises(CarnetError, match="name both"):
        server_context(beyond.with_option("tls.key", str(broken)))
    (place / "server.key").chmod(0o644)
    with pytest.raises(CarnetError, match="everybody"):
        server_context(beyond)
