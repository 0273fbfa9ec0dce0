"""Fetching from servers that behave, and from those that do not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture.answer import StatusError, Validators
from carnet.documents.capture.fetch import Fetcher, checked
from carnet.errors import FetchError
from tests import make

from .site import Request, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.documents.capture.answer import Answer
    from carnet.settings import Settings

    from .site import Site

    Fetch = Callable[..., Answer]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/markdown\r\n"


def reason(fetch: Fetch, url: str, **given: object) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, **given)
    return caught.value.reason


def test_a_page_comes_with_what_is_kept_of_its_headers(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", b"text\n", etag='"1"', last_modified="Wed, 01 Apr 2026 00:00:00 GMT", set_cookie="a=b")
    found = fetch(site.url())
    assert (found.status, found.body, found.url) == (200, b"text\n", site.url())
    assert dict(found.headers) == {
        "content-type": "text/markdown",
        "etag": '"1"',
        "last-modified": "Wed, 01 Apr 2026 00:00:00 GMT",
    }


def test_requests_say_honestly_who_asks(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", b"text\n")
    fetch(site.url())
    asked = site.asked("/page.md")[0].headers
    assert asked["user-agent"].startswith("Carnet/")
    assert "cookie" not in asked
    assert "authorization" not in asked


def test_a_conditional_request_is_answered_with_304(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", b"text\n", etag='W/"1"')
    found = fetch(site.url(), Validators(site.url(), 'W/"1"', "Wed, 01 Apr 2026 00:00:00 GMT"))
    assert (found.status, found.body) == (304, b"")
    assert site.asked("/page.md")[0].headers["if-modified-since"] == "Wed, 01 Apr 2026 00:00:00 GMT"


def test_validators_are_not_sent_to_another_address_than_gave_them(site: Site, fetch: Fetch) -> None:
    site.redirect("/page.md", "/new/page.md")
    site.page("/new/page.md", b"text\n", etag='"1"')
    assert fetch(site.url(), Validators(site.url("/old/page.md"), '"1"', "")).status == 200
    assert all("if-none-match" not in request.headers for request in site.requests)
    assert fetch(site.url(), Validators(site.url("/new/page.md"), '"1"', "")).status == 304
    assert "if-none-match" not in site.asked("/page.md")[-1].headers


def test_a_304_for_something_never_fetched_is_asked_for_once_more_and_then_a_failure(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", status=304)
    assert reason(fetch, site.url()) == "not-modified"
    assert [request.headers.get("cache-control") for request in site.asked("/page.md")] == [None, "no-cache"]


def test_a_304_for_something_never_fetched_may_be_cured_by_insisting(site: Site, fetch: Fetch) -> None:
    def speak(request: Request) -> Iterator[bytes]:
        fresh = "cache-control" in request.headers
        yield answer(200 if fresh else 304, b"text\n" if fresh else b"", "text/markdown", {})

    site.say("/page.md", speak)
    assert fetch(site.url()).body == b"text\n"


def test_redirects_are_followed_and_recorded(site: Site, fetch: Fetch) -> None:
    site.redirect("/page.md", "/a/page.md", 301)
    site.redirect("/a/page.md", "/b/page.md", 308)
    site.page("/b/page.md", b"text\n")
    found = fetch(site.url())
    assert found.url == site.url("/b/page.md")
    assert [value for name, value in found.headers if name == "location"] == [
        site.url("/a/page.md"),
        site.url("/b/page.md"),
    ]


def test_a_redirect_loop_is_found(site: Site, fetch: Fetch) -> None:
    site.redirect("/page.md", "/a/page.md")
    site.redirect("/a/page.md", "/page.md")
    with pytest.raises(FetchError, match="in a circle"):
        fetch(site.url())
    assert len(site.asked("/page.md")) == 1


def test_a_chain_of_redirects_ends_after_five(site: Site, fetch: Fetch) -> None:
    for number in range(9):
        site.redirect(f"/{number}/page.md", f"/{number + 1}/page.md")
    with pytest.raises(FetchError, match="more than 5 times"):
        fetch(site.url("/0/page.md"))


@pytest.mark.parametrize("location", ["", "ftp://docs.test/page.md", "javascript:alert(1)", "http://[broken/page.md"])
def test_a_redirect_to_no_web_address_is_a_failure(site: Site, fetch: Fetch, location: str) -> None:
    site.redirect("/page.md", location)
    assert reason(fetch, site.url()) == "redirect"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:9/page.md",
        "http://169.254.169.254/page.md",
        "http://[::1]:9/page.md",
        "http://10.0.0.1/page.md",
    ],
)
def test_a_redirect_to_a_refused_address_is_refused(site: Site, fetch: Fetch, target: str) -> None:
    site.redirect("/page.md", target)
    assert reason(fetch, site.url()) == "refused"


def test_a_redirect_to_another_page_or_a_sign_in_page_is_a_failure_that_names_it(site: Site, fetch: Fetch) -> None:
    site.page("/other.md", b"text\n")
    site.page("/login", b"<html>", "text/html")
    site.redirect("/page.md", "/other.md")
    with pytest.raises(FetchError, match=r"another page, http://127\.0\.0\.1:\d+/other\.md"):
        fetch(site.url())
    site.redirect("/page.md", "/login?next=/page.md")
    with pytest.raises(FetchError, match="sign-in page"):
        fetch(site.url())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://docs.test/a",
        "file:///etc/passwd",
        "docs.test/a",
        "http://",
        "https://u:p@docs.test/",
        "http://x:99999/",
        "http://a b/",
    ],
)
def test_only_plain_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        checked(url)
    assert caught.value.reason == "address"


def test_a_fragment_is_not_sent(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", b"text\n")
    assert fetch(site.url("/page.md#part")).url == site.url()


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_is_an_answer(site: Site, fetch: Fetch, status: int) -> None:
    site.page("/page.md", b"no such page", "text/html", status=status)
    assert fetch(site.url()).status == status


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, "forbidden"),
        (403, "forbidden"),
        (451, "forbidden"),
        (500, "server-error"),
        (503, "busy"),
        (429, "busy"),
        (204, "status"),
        (206, "status"),
        (418, "status"),
    ],
)
def test_every_other_status_is_a_failure_of_its_kind(site: Site, fetch: Fetch, status: int, why: str) -> None:
    site.page("/page.md", b"", status=status)
    assert reason(fetch, site.url()) == why


# --- further tries


def failing_first(times: int, status: int, **headers: str) -> Callable[[Request], Iterator[bytes]]:
    left = [times]

    def speak(_: Request) -> Iterator[bytes]:
        left[0] -= 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        yield answer(status, b"", "", named) if left[0] >= 0 else answer(200, b"text\n", "text/markdown", {})

    return speak


def test_a_server_that_fails_at_first_is_asked_again(site: Site, fetch: Fetch, near: Settings) -> None:
    site.say("/page.md", failing_first(2, 502))
    assert fetch(site.url(), settings=near.with_option("watch.retries", "2")).body == b"text\n"
    assert len(site.asked("/page.md")) == 3


def test_tries_are_counted(site: Site, fetch: Fetch, near: Settings) -> None:
    site.say("/page.md", failing_first(9, 502))
    assert reason(fetch, site.url(), settings=near.with_option("watch.retries", "1")) == "server-error"
    assert len(site.asked("/page.md")) == 2


def test_retry_after_is_waited_for(site: Site, fetch: Fetch, near: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await real(0)

    monkeypatch.setattr("carnet.documents.capture.fetch.asyncio.sleep", sleep)
    site.say("/page.md", failing_first(1, 429, retry_after="7"))
    assert fetch(site.url(), settings=near.with_option("watch.retries", "2")).body == b"text\n"
    assert 7 in slept


def test_a_long_retry_after_is_left_to_the_schedule(site: Site, fetch: Fetch, near: Settings) -> None:
    site.say("/page.md", failing_first(1, 503, retry_after="3600"))
    with pytest.raises(StatusError, match="come back in 3600 s") as caught:
        fetch(site.url(), settings=near.with_option("watch.retries", "2"), clock=lambda: make.at(0))
    assert dict(caught.value.headers)["retry-after"] == "3600"
    assert len(site.asked("/page.md")) == 1


def test_what_cannot_pass_is_not_tried_again(site: Site, fetch: Fetch, near: Settings) -> None:
    site.page("/page.md", status=403)
    fetch_settings = near.with_option("watch.retries", "3")
    assert reason(fetch, site.url(), settings=fetch_settings) == "forbidden"
    assert len(site.asked("/page.md")) == 1


# --- hostile servers


def wire(*parts: bytes | float) -> Callable[[Request], Iterator[bytes | float]]:
    def speak(_: Request) -> Iterator[bytes | float]:
        yield from parts

    return speak


def dripping(start: bytes, drop: bytes) -> Callable[[Request], Iterator[bytes | float]]:
    """A beginning, and then a little now and then."""

    def speak(_: Request) -> Iterator[bytes | float]:
        yield start
        for _time in range(500):
            yield drop
            yield 0.02

    return speak


def test_a_slow_loris_is_left_after_the_time_allowed(site: Site, fetch: Fetch, near: Settings) -> None:
    site.say("/page.md", dripping(HEAD + b"Content-Length: 1000\r\n\r\n", b"x"))
    assert reason(fetch, site.url(), settings=near.with_option("watch.timeout", "300ms")) == "timeout"


def test_redirects_do_not_add_to_the_time_allowed(site: Site, fetch: Fetch, near: Settings) -> None:
    for number in range(6):
        to = f"/{number + 1}/page.md"
        site.say(f"/{number}/page.md", wire(0.15, answer(302, b"", "", {"location": to})))
    site.page("/4/page.md", b"text\n")
    given = near.with_option("watch.timeout", "400ms")
    assert reason(fetch, site.url("/0/page.md"), settings=given) == "timeout"
    assert fetch(site.url("/3/page.md"), settings=given).body == b"text\n"


def test_a_server_that_sends_its_headers_for_ever_is_left(site: Site, fetch: Fetch, near: Settings) -> None:
    site.say("/page.md", dripping(HEAD, b"x-a: b\r\n"))
    assert reason(fetch, site.url(), settings=near.with_option("watch.timeout", "300ms")) == "timeout"


def test_a_body_that_never_ends_is_cut_off(site: Site, fetch: Fetch, near: Settings) -> None:
    def speak(_: Request) -> Iterator[bytes]:
        yield HEAD + b"Connection: close\r\n\r\n"
        while True:
            yield b"more and more\n" * 5_000

    site.say("/page.md", speak)
    assert reason(fetch, site.url(), settings=near.with_option("watch.max-bytes", "1MB")) == "too-large"


def test_a_gzip_bomb_is_refused(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", gzip.compress(b"\0" * 30_000_000), content_encoding="gzip")
    assert reason(fetch, site.url()) == "too-large"


def test_bytes_behind_the_end_of_a_compressed_body_end_too(site: Site, fetch: Fetch, near: Settings) -> None:
    def speak(_: Request) -> Iterator[bytes]:
        yield HEAD + b"Content-Encoding: zstd\r\nConnection: close\r\n\r\n"
        while True:
            yield b"\0" * 60_000

    site.say("/page.md", speak)
    found = reason(fetch, site.url(), settings=near.with_option("watch.max-bytes", "100KB"))
    assert found in {"too-large", "encoding"}


def test_a_length_that_is_too_large_is_not_waited_for(site: Site, fetch: Fetch) -> None:
    site.say("/page.md", wire(HEAD + b"Content-Length: 99000000\r\n\r\n", 30.0))
    assert reason(fetch, site.url()) == "too-large"


def test_a_compressed_page_is_read(site: Site, fetch: Fetch) -> None:
    site.page("/page.md", gzip.compress(b"text\n" * 99), content_encoding="gzip")
    assert fetch(site.url()).body == b"text\n" * 99
    assert "gzip" in site.asked("/page.md")[0].headers["accept-encoding"]


@pytest.mark.parametrize(
    "body",
    [b"x" * 9_999_999 + b"\n", b"a\0b\0\n" * 99, b"\xff\xfe\x00\x80\n" * 99],
    ids=["one line of 10 MB", "NUL bytes", "invalid UTF-8"],
)
def test_odd_bytes_come_as_they_are(site: Site, fetch: Fetch, body: bytes) -> None:
    site.page("/page.md", body)
    assert fetch(site.url()).body == body


def test_a_body_shorter_than_its_length_is_a_failure(site: Site, fetch: Fetch) -> None:
    site.say("/page.md", wire(HEAD + b"Content-Length: 1000\r\nX-Close: 1\r\n\r\nonly this"))
    assert reason(fetch, site.url()) == "truncated"


def test_a_chunked_body_without_its_end_is_a_failure(site: Site, fetch: Fetch) -> None:
    site.say("/page.md", wire(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nonly \r\n"))
    assert reason(fetch, site.url()) == "truncated"


def test_a_connection_that_is_reset_midway_is_a_failure(near: Settings) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
        await writer.drain()
        # A linger time of nothing makes closing a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def asked() -> str:
        server = await asyncio.start_server(reset, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Fetcher(near.with_option("watch.robots", "off")) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://127.0.0.1:{port}/page.md")
        return caught.value.reason

    assert asyncio.run(asked()) in {"truncated", "connection"}


def test_headers_larger_than_any_server_needs_are_a_failure(site: Site, fetch: Fetch) -> None:
    site.say("/page.md", wire(HEAD + b"X-Large: " + b"x" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n"))
    assert reason(fetch, site.url()) == "protocol"


@pytest.mark.parametrize(
    "bytes_", [b"no HTTP at all\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"\0" * 100]
)
def test_what_is_not_http_is_a_failure(site: Site, fetch: Fetch, bytes_: bytes) -> None:
    site.say("/page.md", wire(bytes_))
    assert reason(fetch, site.url()) in {"protocol", "connection", "timeout", "truncated"}


def test_a_port_where_nobody_listens_is_a_failure_that_names_it(fetch: Fetch, site: Site) -> None:
    port = site.port
    site.__exit__()
    with pytest.raises(FetchError, match=rf"no connection to 127\.0\.0\.1:{port}"):
        fetch(f"http://127.0.0.1:{port}/page.md")


# --- robots.txt


def test_what_robots_txt_forbids_is_not_fetched(site: Site, fetch: Fetch) -> None:
    site.page("/robots.txt", b"User-agent: Carnet\nDisallow: /private\n", "text/plain")
    site.page("/private/page.md", b"text\n")
    site.page("/page.md", b"text\n")
    assert reason(fetch, site.url("/private/page.md")) == "robots"
    assert site.asked("/private/page.md") == []
    assert fetch(site.url()).status == 200


def test_robots_txt_may_be_ignored_by_a_setting(site: Site, fetch: Fetch, near: Settings) -> None:
    site.page("/robots.txt", b"User-agent: *\nDisallow: /\n", "text/plain")
    site.page("/page.md", b"text\n")
    assert fetch(site.url(), settings=near.with_option("watch.robots", "off")).status == 200
    assert site.asked("/robots.txt") == []


def test_a_redirect_into_what_robots_txt_forbids_is_not_followed(site: Site, fetch: Fetch) -> None:
    site.page("/robots.txt", b"User-agent: *\nDisallow: /private\n", "text/plain")
    site.redirect("/page.md", "/private/page.md")
    assert reason(fetch, site.url()) == "robots"
    assert site.asked("/private/page.md") == []


# --- parts of a rendered page


def test_a_part_of_a_page_is_judged_too(site: Site, near: Settings) -> None:
    site.page("/part.js", b"1", "text/javascript")
    site.redirect("/away.js", "http://169.254.169.254/latest")

    async def parts() -> bytes:
        async with Fetcher(near) as fetcher:
            with pytest.raises(FetchError, match="metadata"):
                await fetcher.part(site.url("/away.js"), "*/*")
            return (await fetcher.part(site.url("/part.js"), "*/*")).body

    assert asyncio.run(parts()) == b"1"
