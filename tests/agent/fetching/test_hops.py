"""One request: URLs that are clear, answers that are bounded, certificates that are checked."""

from __future__ import annotations

import gzip
import ssl
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard

from carnet.agent import Bounds, NotFetchedError
from carnet.agent.fetching.hops import aimed
from carnet.gateway.certificates import make_files
from tests.agent.fetching.ground import Site, answer, moved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.agent.fetching.ground import Web

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=1)),  # type: ignore[no-untyped-call]
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("http://Example.COM", "http://example.com/"),
        ("https://example.com:443/a b".replace(" ", "%20"), "https://example.com/a%20b"),
        ("http://example.com:8080?x=1#f", "http://example.com:8080/?x=1"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("HTTP://münchen.de/ä?ö", "http://xn--mnchen-3ya.de/%C3%A4?%C3%B6"),
    ],
)
def test_a_url_is_read_in_its_one_form(url: str, clear: str) -> None:
    assert aimed(url).url == clear


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("example.com", "url"),
        ("http://u@example.com/", "url"),
        ("http://u:p@example.com/", "url"),
        ("http://example.com\\@evil.example/", "url"),
        ("http://example.com/a\r\nX: y", "url"),
        ("http://exa mple.com/", "url"),
        ("http://example.com:x/", "url"),
        ("http://example.com:70000/", "url"),
        ("http://[::1/", "url"),
        ("http://example.com%00.evil.example/", "no-host"),
        ("http://[fe80::1%lo]/", "no-host"),
        ("http:/example.com/", "no-host"),
        ("data:text/plain,x", "url"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(url: str, reason: str) -> None:
    with pytest.raises(NotFetchedError) as found:
        aimed(url)
    assert found.value.reason == reason


@pytest.mark.parametrize("url", ["http://[::1]x/", "http://x[::1]/"])
def test_brackets_in_the_wrong_place_are_refused_by_us_if_not_by_python(url: str) -> None:
    with pytest.raises(NotFetchedError) as found:
        aimed(url)
    assert found.value.reason in {"url", "no-host"}


def reason_of(web: Web, page: bytes | list[bytes | float], bounds: Bounds | None = None) -> str:
    web.pages["/"] = page
    with pytest.raises(NotFetchedError) as found:
        web.fetcher(bounds).fetch(web.url())
    return found.value.reason


def test_a_page_is_decompressed(web: Web) -> None:
    text = b"hello " * 1000
    for name, way in WAYS.items():
        web.pages["/"] = answer(way(text), "200 OK", f"Content-Encoding: {name}")
        assert web.fetcher().fetch(web.url()).body == text


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_does_not_go_off(web: Web, name: str) -> None:
    zeros = bytes(30_000_000)
    page = answer(WAYS[name](zeros), "200 OK", f"Content-Encoding: {name}")
    assert reason_of(web, page, Bounds(most_bytes=1_000_000)) == "too-large"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answer(b"x" * 1001), "too-large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, "too-large"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n", "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx", "unreachable"),
        (answer(b"\xff" * 50, "200 OK", "Content-Encoding: gzip"), "encoding"),
        (answer(gzip.compress(b"x" * 100, mtime=0)[:-9], "200 OK", "Content-Encoding: gzip"), "truncated"),
        (answer(b"x", "200 OK", "Content-Encoding: secret"), "encoding"),
        (answer(b"x", "200 OK", "Content-Encoding: gzip, gzip, gzip"), "encoding"),
        (b"", "unreachable"),
        (b"nonsense\r\n\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "unreachable"),
    ],
)
def test_an_answer_that_is_too_large_or_broken_is_none(web: Web, page: bytes, reason: str) -> None:
    assert reason_of(web, page, Bounds(most_bytes=1000)) == reason


def test_a_page_of_any_status_is_given_back(web: Web) -> None:
    web.pages["/"] = answer(b"gone", "404 Not Found", "X-Why: because")
    page = web.fetcher().fetch(web.url())
    assert (page.status, page.body, page.header("x-why"), page.header("none")) == (404, b"gone", "because", "")


@pytest.fixture
def secure(web: Web, tmp_path: Path) -> Site:
    """A site with a certificate for pages.example, by an authority that the fetcher trusts."""
    make_files(tmp_path / "tls", ["pages.example", "127.0.0.1"], "test", datetime.now(UTC))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "tls/server.pem", tmp_path / "tls/server.key")
    web.tls = ssl.create_default_context(cafile=str(tmp_path / "tls/ca.pem"))
    return Site(lambda target: web.pages.get(target, answer()), serving)


def test_a_certificate_is_wanted_for_the_name_that_was_asked_for(web: Web, secure: Site) -> None:
    fetcher = web.fetcher()
    assert fetcher.fetch(f"https://pages.example:{secure.port}/").body == b"hello"
    with pytest.raises(NotFetchedError) as found:
        fetcher.fetch(f"https://other.example:{secure.port}/")
    assert found.value.reason == "tls"
    assert "certificate" in str(found.value)


def test_a_certificate_of_an_unknown_authority_is_none(web: Web, secure: Site) -> None:
    web.tls = None
    with pytest.raises(NotFetchedError) as found:
        web.fetcher().fetch(f"https://pages.example:{secure.port}/")
    assert found.value.reason == "tls"


def test_https_does_not_lead_to_http(web: Web, secure: Site) -> None:
    web.pages["/"] = moved(web.url())
    with pytest.raises(NotFetchedError) as found:
        web.fetcher().fetch(f"https://pages.example:{secure.port}/")
    assert found.value.reason == "downgrade"
    assert web.site.heads == []


def test_a_handshake_that_drips_ends_with_the_time(web: Web) -> None:
    silent = Site(lambda _: [5.0])
    with pytest.raises(NotFetchedError) as found:
        web.fetcher(Bounds(seconds=0.3)).fetch(f"https://pages.example:{silent.port}/")
    assert found.value.reason == "timeout"
