"""Faults of the network in words."""

from __future__ import annotations

import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from carnet.documents.capture.faults import explained, proxy_wants_credentials
from carnet.documents.capture.guard import RefusedError
from carnet.documents.capture.outbound import Proxy

PAGE = URL("https://docs.test/page.md")
PROXY = Proxy(URL("http://proxy.test:3128"), "Basic c2VjcmV0")
KEY = ConnectionKey("docs.test", 443, True, True, None, None, None)


def test_a_refusal_that_travelled_through_the_client_comes_back_as_it_was() -> None:
    refused = RefusedError("docs.test", "10.0.0.1", "a private address")
    assert explained(aiohttp.ClientConnectorError(KEY, refused), PAGE, None, 5) is refused


def test_a_timeout_names_the_setting() -> None:
    found = explained(TimeoutError(), PAGE, None, 5)
    assert (found.reason, "watch.timeout" in str(found)) == ("timeout", True)


def test_an_untrusted_certificate_names_the_setting_for_more_cas() -> None:
    cause = ssl.SSLCertVerificationError(1, "verify failed")
    cause.verify_message = "self-signed certificate"
    found = explained(aiohttp.ClientConnectorCertificateError(KEY, cause), PAGE, None, 5)
    assert found.reason == "certificate"
    assert "net.ca-bundle" in str(found)


def test_a_proxy_that_cannot_be_reached_is_named_without_its_credentials() -> None:
    error = aiohttp.ClientProxyConnectionError(KEY, OSError(111, "Connection refused"))
    found = explained(error, PAGE, PROXY, 5)
    assert "the proxy proxy.test:3128 cannot be reached: Connection refused" in str(found)
    assert "c2VjcmV0" not in str(found) + str(proxy_wants_credentials(PROXY))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (aiohttp.ClientPayloadError("short"), "truncated"),
        (aiohttp.ServerDisconnectedError(), "connection"),
        (ConnectionResetError(104, "reset"), "connection"),
        (aiohttp.InvalidURL("http://1"), "address"),
        (ValueError("odd"), "protocol"),
        (ssl.SSLError(1, "handshake"), "tls"),
    ],
)
def test_every_fault_has_a_reason_and_words(error: Exception, reason: str) -> None:
    found = explained(error, PAGE, None, 5)
    assert found.reason == reason
    assert str(found)
