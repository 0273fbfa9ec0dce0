"""Certificates for tests, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256")


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority that nobody knows but who is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pair = Pair(folder / "ca.pem", folder / "ca.key")
        usage = "keyUsage=critical,keyCertSign,cRLSign"
        _openssl("req", "-x509", *CURVE, "-days", "2", "-subj", "/CN=Test authority", "-addext", usage,
                 "-keyout", self.pair.key, "-out", self.pair.certificate)  # fmt: skip

    def issue(self, name: str, names: str = "") -> Pair:
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        alternative = f"subjectAltName={names}\n" if names else ""
        extensions.write_text(f"{alternative}authorityKeyIdentifier=keyid\nbasicConstraints=CA:FALSE\n")
        _openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.pair.certificate, "-CAkey", self.pair.key,
                 "-days", "2", "-extfile", extensions, "-out", pair.certificate)  # fmt: skip
        return pair

    def server(self, *, asks_for_client: bool = False) -> ssl.SSLContext:
        """What a server for docs.test and 127.0.0.1 speaks TLS with."""
        pair = self.issue("server", "DNS:docs.test,IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        if asks_for_client:
            context.load_verify_locations(self.pair.certificate)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
