"""The way out: directly, or through the proxy the settings name; certificates on the way."""

from __future__ import annotations

import base64
import ipaddress
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from yarl import URL

from carnet.documents.capture.addresses import bare, literal
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from carnet.settings import Settings

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, its password apart so that no message or record can show it."""

    url: URL
    authorization: str
    """Value of Proxy-Authorization; empty where the proxy asks for none."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Which requests go through which proxy."""

    http: Proxy | None = None
    https: Proxy | None = None
    direct: tuple[str, ...] = ()
    """Entries of NO_PROXY."""

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Read net.http-proxy, net.https-proxy and net.no-proxy. Raises CarnetError naming the one at fault."""
        entries = re.split(r"[,\s]+", settings["net.no-proxy"])
        return cls(
            _proxy(settings, "net.http-proxy"),
            _proxy(settings, "net.https-proxy"),
            tuple(entry.lower() for entry in entries if entry),
        )

    def proxy_for(self, url: URL) -> Proxy | None:
        """The proxy for an address; None goes directly."""
        proxy = self.https if url.scheme == "https" else self.http
        return None if proxy is None or bypasses(self.direct, url) else proxy


def bypasses(entries: tuple[str, ...], url: URL) -> bool:
    """Whether NO_PROXY names this address: `*`, a host with all below it, a network; each may carry a port."""
    host, port = bare(url.host or ""), url.port or PORTS.get(url.scheme, 0)
    return any(_covers(entry, host, port) for entry in entries)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, wanted = _split_port(entry)
    if wanted is not None and wanted != port:
        return False
    address = literal(host)
    if address is not None:
        return _holds(name, host)
    suffix = name.removeprefix("*").removeprefix(".").rstrip(".")
    return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))


def _holds(network: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]) in ipaddress.ip_network(network.strip("[]"), strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*):(\d+)", entry)
    return (found[1], int(found[2])) if found else (entry, None)


def _proxy(settings: Settings, name: str) -> Proxy | None:
    text = settings[name].strip()
    if not text:
        return None
    try:
        url = URL(text if "://" in text else f"http://{text}")
        port = url.port
    except ValueError:
        url, port = URL(), None
    if url.scheme not in PORTS or not url.host or not port:
        # Not the value itself: it may hold a password.
        raise CarnetError(f"{name}: a proxy is written http://[USER:PASSWORD@]HOST:PORT (http or https; SOCKS is not)")
    words = base64.b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()
    return Proxy(url.with_user(None).origin(), f"Basic {words}" if url.user is not None else "")


def tls(settings: Settings) -> ssl.SSLContext:
    """The system's certificates (SSL_CERT_FILE included) and those of the settings; the client's own certificate."""
    context = ssl.create_default_context()
    if bundle := settings["net.ca-bundle"]:
        try:
            context.load_verify_locations(cafile=bundle)
        except (OSError, ssl.SSLError) as error:
            raise CarnetError(
                f"net.ca-bundle: {bundle}: {_reason(error)}; it must be a file of PEM certificates"
            ) from error
    if certificate := settings["net.client-cert"]:
        _load_certificate(context, certificate, settings["net.client-key"])
    elif settings["net.client-key"]:
        raise CarnetError("net.client-key is set without net.client-cert, the certificate it belongs to")
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        # A key under a password would ask on the terminal: refuse it instead.
        context.load_cert_chain(certificate, key or None, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        files = f"{certificate}{f' with {key}' if key else ''}"
        raise CarnetError(
            f"net.client-cert: {files}: {_reason(error)}; both are PEM files, the key without a password"
        ) from error


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or str(error)
