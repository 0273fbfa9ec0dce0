"""TLS towards clients: 1.2 or newer, or no listener at all."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.loopback import is_loopback

if TYPE_CHECKING:
    from carnet.settings import Settings

FOLDER = "tls"
"""In the data folder; where `carnet tls init` puts what it makes."""
CERTIFICATE, KEY = "server.pem", "server.key"
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of 1.3 are all like these."""
_MAKE = "`carnet tls init --host NAME` makes one, or name your own with `tls.certificate` and `tls.key`"


def server_context(settings: Settings, host: str | None = None) -> ssl.SSLContext | None:
    """What a listener speaks TLS with; None for plain HTTP, which is for loopback alone.

    `host` is the address that is listened on, the relay's if it is not given. Raises CarnetError where there is no
    certificate for a listener beyond loopback, or one that cannot be used.
    """
    pair = certificate_files(settings, settings["relay.host"] if host is None else host)
    return context_of(*pair) if pair else None


def certificate_files(settings: Settings, host: str) -> tuple[Path, Path] | None:
    """Certificate and key for a listener there. Raises CarnetError where it must have them and there are none."""
    named, key = settings["tls.certificate"], settings["tls.key"]
    if named:
        certificate = Path(named).expanduser()
        return certificate, Path(key).expanduser() if key else certificate.with_name(KEY)
    if key:
        raise CarnetError("tls.key is set and tls.certificate is not: name both")
    if is_loopback(host):
        return None
    made = settings.data / FOLDER
    if not (made / CERTIFICATE).exists():
        raise CarnetError(
            f"{host} is not loopback, and without a certificate prompts and keys would cross the network in the clear, "
            f"so nothing listens there: {_MAKE}"
        )
    return made / CERTIFICATE, made / KEY


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or 1.3 with forward secrecy, HTTP/1.1."""
    _check_readers(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    _check_file(certificate)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise CarnetError(
            f"{certificate} and {key} are no certificate with its key, unencrypted, in PEM: {_reason(error)}"
        ) from error
    return context


def _no_password() -> str:
    """A key that asks for one must not stop a service at a prompt."""
    raise ValueError("the key is encrypted")


def _check_file(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise CarnetError(f"{path}: the certificate cannot be read: {error.strerror}; {_MAKE}") from error


def _check_readers(key: Path) -> None:
    try:
        with key.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise CarnetError(f"{key}: the key of the certificate cannot be read: {error.strerror}; {_MAKE}") from error
    if mode & 0o007:
        raise CarnetError(
            f"{key} can be read by everybody on this machine (mode {mode & 0o777:04o}), so it may be known: make a new "
            "one; if nobody saw it: chmod 600"
        )


def _reason(error: Exception) -> str:
    return (error.reason if isinstance(error, ssl.SSLError) else "") or str(error)
