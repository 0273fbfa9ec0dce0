"""The rendering process: one page from standard input, its rendered HTML to standard output.

The browser never connects to anything. Whatever the page asks for is fetched by our own client, under the same guard,
bounds, proxy and certificates as every capture; the browser's own network is a proxy that is not there.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.capture.browser import Page, Rendered
from carnet.documents.capture.fetch import Fetcher
from carnet.errors import FetchError
from carnet.settings import load

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright, Route

    from carnet.settings import Settings

NOWHERE = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = 2_000
"""Milliseconds to wait, at most, for a page to stop asking for things."""
MOST_PARTS = 300


class Parts:
    """Answers what the page asks for."""

    def __init__(self, page: Page, fetcher: Fetcher) -> None:
        self._page = page
        self._fetcher = fetcher
        self._asked = 0

    async def answer(self, route: Route) -> None:
        request = route.request
        if request.url == self._page.url and request.is_navigation_request():
            await route.fulfill(status=200, content_type=self._page.content_type, body=self._page.body)
            return
        self._asked += 1
        unwanted = request.method != "GET" or request.resource_type in {"image", "media", "font"}
        if unwanted or request.is_navigation_request() or self._asked > MOST_PARTS:
            await route.abort()
            return
        try:
            part = await self._fetcher.part(request.url, request.headers.get("accept", "*/*"))
        except FetchError:
            await route.abort()
            return
        kind = part.header("content-type") or "application/octet-stream"
        await route.fulfill(
            status=part.status, body=part.body, headers={"content-type": kind, "access-control-allow-origin": "*"}
        )


async def render(page: Page) -> Rendered:
    """Render a page. Faults are told, not raised: they go to the process that asked."""
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - an optional extra

    settings = _settings(page)
    try:
        async with Fetcher(settings) as fetcher, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_program(playwright), args=[*NOWHERE])
            try:
                return Rendered(await _html(browser, page, fetcher))
            finally:
                await browser.close()
    except Error as error:
        first = str(error).strip().splitlines()[0][:300]
        return Rendered(fault=f"the browser could not render the page: {first} (playwright install chromium?)")


async def _html(browser: Browser, page: Page, fetcher: Fetcher) -> bytes:
    from playwright.async_api import TimeoutError as Late  # noqa: PLC0415 - an optional extra

    context = await browser.new_context(
        service_workers="block", accept_downloads=False, user_agent=fetcher.limits.user_agent
    )
    await context.route("**/*", Parts(page, fetcher).answer)
    await context.route_web_socket("**/*", lambda socket: socket.close())
    tab = await context.new_page()
    milliseconds = page.seconds * 1000
    await tab.goto(page.url, wait_until="load", timeout=milliseconds)
    with contextlib.suppress(Late):  # a page that never comes to rest is taken as it is
        await tab.wait_for_load_state("networkidle", timeout=QUIET)
    return (await tab.content()).encode("utf-8", "replace")


def _program(playwright: Playwright) -> str | None:
    """The system's Chromium where Playwright has not installed its own; None takes Playwright's."""
    if Path(playwright.chromium.executable_path).exists():
        return None
    return next((found for name in SYSTEM if (found := shutil.which(name))), None)


def _settings(page: Page) -> Settings:
    settings = load({})
    for name, value in page.settings.items():
        settings = settings.with_option(name, value)
    return settings


def main() -> None:
    page = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Page)
    sys.stdout.buffer.write(msgspec.msgpack.encode(asyncio.run(render(page))))


if __name__ == "__main__":
    main()
