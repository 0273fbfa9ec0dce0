"""What the HTTP client reports, in words for the person who watches a document."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp

from carnet.errors import FetchError

if TYPE_CHECKING:
    from yarl import URL

    from carnet.documents.capture.outbound import Proxy


def explained(error: Exception, url: URL, proxy: Proxy | None, timeout: float) -> FetchError:
    """A fault of the network as a FetchError; one of ours that travelled through the client comes back as it was."""
    inner = _ours(error)
    if inner is not None:
        return inner
    if isinstance(error, TimeoutError):
        return FetchError(f"no complete answer within {timeout:g} s (watch.timeout)", "timeout")
    return _of_proxy(error, proxy) or _of_tls(error, url) or _of_connection(error, url)


def _ours(error: BaseException | None) -> FetchError | None:
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, FetchError):
            return error
        inside = getattr(error, "os_error", None)
        error = inside if isinstance(inside, FetchError) else error.__cause__ or error.__context__
        seen += 1
    return None


def _of_proxy(error: Exception, proxy: Proxy | None) -> FetchError | None:
    if proxy is None:
        return None
    name = f"the proxy {proxy.url.host}:{proxy.url.port}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status == 407:
            return proxy_wants_credentials(proxy)
        reason = "connection" if error.status >= 500 else "proxy"
        return FetchError(f"{name} refused to connect: status {error.status} {error.message[:100]}".rstrip(), reason)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return FetchError(f"{name} cannot be reached: {_words(error)} (net.https-proxy, net.http-proxy)", "connection")
    return None


def proxy_wants_credentials(proxy: Proxy) -> FetchError:
    """What to do where a proxy does not know us."""
    return FetchError(
        f"the proxy {proxy.url.host}:{proxy.url.port} does not accept our credentials (407); "
        "give them as http://USER:PASSWORD@HOST:PORT in net.https-proxy and net.http-proxy",
        "proxy",
    )


def _of_tls(error: Exception, url: URL) -> FetchError | None:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        text = f"the certificate of {url.host} is not trusted: {cause.verify_message}; net.ca-bundle names further CAs"
        return FetchError(text, "certificate")
    if isinstance(cause, ssl.SSLError):
        return FetchError(f"no protected connection to {url.host}: {getattr(cause, 'reason', '') or cause}", "tls")
    return None


def _of_connection(error: Exception, url: URL) -> FetchError:
    words, reason = _told(error, url)
    return FetchError(words, reason)


def _told(error: Exception, url: URL) -> tuple[str, str]:
    """Words and reason; the first kind that fits, special ones before general ones."""
    kinds: tuple[tuple[type[Exception], str, str], ...] = (
        (aiohttp.InvalidURL, f"{str(error)[:200]}: no address that can be asked", "address"),
        (aiohttp.ClientConnectorDNSError, f"the name {url.host} cannot be resolved: {_words(error)}", "connection"),
        (aiohttp.ClientPayloadError, "the answer ended before all of it had come", "truncated"),
        (aiohttp.ServerDisconnectedError, "the server closed the connection without an answer", "connection"),
        (aiohttp.ClientResponseError, f"the answer is not proper HTTP: {_message(error)}", "protocol"),
        (OSError, f"no connection to {url.host}:{url.port}: {_words(error)}", "connection"),
        (Exception, f"cannot be fetched: {type(error).__name__}: {str(error)[:200]}", "protocol"),
    )
    return next((words, reason) for kind, words, reason in kinds if isinstance(error, kind))


def _message(error: Exception) -> str:
    return str(getattr(error, "message", ""))[:200]


def _words(error: Exception) -> str:
    cause = getattr(error, "os_error", None) or error
    return getattr(cause, "strerror", None) or str(cause)
