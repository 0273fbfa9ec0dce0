"""Pages in a real Chromium that connects to nothing itself."""

from __future__ import annotations

import asyncio
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture.browser import rendered
from carnet.documents.capture.fetch import Fetcher
from carnet.documents.capture.rendering import SYSTEM
from carnet.documents.capture.tasks import capture_documents
from carnet.model.document import Outcome
from tests import make

from .site import Site

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store

SCRIPT = b"""
document.querySelector('main').innerHTML = '<h1>Data</h1><p>Written by a script of the page itself.</p>';
"""


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_spec("playwright") is None or not any(map(shutil.which, SYSTEM)), reason="there is no Chromium here"
    ),
]


def render(settings: Settings, site: Site) -> str:
    async def once() -> str:
        async with Fetcher(settings) as fetcher:
            answer = await fetcher.fetch(site.url("/page"))
            return (await rendered(answer, settings, fetcher.limits)).body.decode()

    return asyncio.run(once())


def test_what_scripts_write_is_captured(store: Store, site: Site, near: Settings) -> None:
    site.page("/page", b"<!doctype html><main>Loading</main><script src=/app.js></script>", "text/html")
    site.page("/app.js", SCRIPT, "text/javascript")
    document = store.documents.add_document(make.document("page", url=site.url("/page"), browser=True))
    (capture,) = asyncio.run(capture_documents(store, [document], near, lambda: make.at(1)))
    assert (capture.outcome, capture.why) == (Outcome.NEW, "")
    assert store.documents.text(capture.digest) == b"# Data\n\nWritten by a script of the page itself.\n"


def test_the_browser_reaches_nothing_that_the_guard_refuses(site: Site, near: Settings) -> None:
    with Site() as inner:
        inner.page("/secret.js", b"document.body.append('SECRET')", "text/javascript")
        inner.page("/frame", b"SECRET", "text/html")
        # The inner site is loopback too, but only the outer one's port is allowed.
        allowed = near.with_option("watch.allow-private", f"127.0.0.1:{site.port}")
        page = f"""<!doctype html><main>Text</main><script src='{inner.url("/secret.js")}'></script>
            <iframe src='{inner.url("/frame")}'></iframe><img src='{inner.url("/i.png")}'>
            <link rel=prefetch href='{inner.url("/p")}'><link rel=stylesheet href='{inner.url("/s.css")}'>
            <script>
              fetch('{inner.url("/f")}').catch(() => 0); navigator.sendBeacon('{inner.url("/b")}');
              new WebSocket('{inner.url("/w").replace("http", "ws")}');
              fetch('/post', {{method: 'POST', body: 'x'}}).catch(() => 0);
            </script>"""
        site.page("/page", page.encode(), "text/html")
        found = render(allowed, site)
        assert "Text" in found
        assert "SECRET" not in found
        assert inner.requests == []
        assert site.asked("/post") == []


def test_a_page_that_never_rests_or_leaves_is_taken_as_it_is(site: Site, near: Settings) -> None:
    site.page(
        "/page",
        b"<main>Text</main><script>setInterval(() => fetch('/x'), 50); location = '/away'</script>",
        "text/html",
    )
    site.page("/away", b"<main>Away</main>", "text/html")
    assert "Away" not in render(near, site)
