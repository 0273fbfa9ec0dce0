"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from carnet.documents.capture.robots import KEPT, Forgetful, Robots
from carnet.errors import FetchError
from tests import make

if TYPE_CHECKING:
    from carnet.documents.capture.robots import Notes
    from carnet.stores.contract import Store

PAGE = URL("https://docs.test/private/page.md")
FORBIDS = b"User-agent: *\nDisallow: /private\nCrawl-delay: 4\n"


class Sites:
    """Answers for robots.txt and counts how often it was asked."""

    def __init__(self, status: int = 200, text: bytes = FORBIDS, notes: Notes | None = None) -> None:
        self.status, self.text, self.asked, self.now = status, text, 0, make.at(0)
        self.robots = Robots(self.ask, lambda: self.now, notes or Forgetful())

    async def ask(self, url: URL) -> tuple[int, bytes]:
        assert url.path == "/robots.txt"
        self.asked += 1
        if self.status == 0:
            raise FetchError("no connection", "connection")
        return self.status, self.text

    def delay(self, url: URL = PAGE) -> float:
        return asyncio.run(self.robots.delay(url))


def test_what_is_disallowed_is_named_with_the_setting() -> None:
    with pytest.raises(FetchError, match=r"does not want /private/page\.md .*watch\.robots"):
        Sites().delay()


def test_what_is_not_disallowed_is_allowed_with_the_pause_it_asks_for() -> None:
    assert Sites().delay(URL("https://docs.test/page.md")) == 4.0


def test_our_own_group_wins_over_the_one_for_all() -> None:
    sites = Sites(text=b"User-agent: *\nDisallow: /\n\nUser-agent: carnet\nAllow: /\n")
    assert sites.delay() == 0.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_rules_that_are_not_there_allow_everything(status: int) -> None:
    assert Sites(status, FORBIDS).delay() == 0.0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_rules_that_cannot_be_read_forbid_everything_for_now(status: int) -> None:
    sites = Sites(status)
    with pytest.raises(FetchError, match="forbids everything"):
        sites.delay()
    sites.status = 404
    assert sites.delay() == 0.0


def test_a_host_that_cannot_be_reached_is_that_fault() -> None:
    with pytest.raises(FetchError, match="no connection"):
        Sites(0).delay()


@pytest.mark.parametrize("text", [b"\xff\xfe\0garbage", b"<html>not here</html>", b"Disallow: /\n" * 50_000, b""])
def test_garbage_allows_everything(text: bytes) -> None:
    assert Sites(text=text).delay() == 0.0


def test_rules_are_asked_for_once_and_again_when_they_are_old() -> None:
    sites = Sites(404)
    for _ in range(3):
        sites.delay()
    assert sites.asked == 1
    sites.now += KEPT
    sites.delay()
    assert sites.asked == 2


def test_a_clock_that_goes_backwards_asks_again() -> None:
    sites = Sites(404)
    sites.delay()
    sites.now -= timedelta(days=1)
    sites.delay()
    assert sites.asked == 2


def test_rules_outlive_a_run_in_the_store(store: Store) -> None:
    Sites(notes=store).delay(URL("https://docs.test/page.md"))
    later = Sites(notes=store)
    with pytest.raises(FetchError, match="does not want"):
        later.delay()
    assert later.asked == 0
