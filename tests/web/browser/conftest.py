"""The pages over the sample, served on loopback, and a real Chromium that looks at them."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import uvicorn

from carnet.settings import load
from carnet.stores import open_store
from carnet.web.app import make_app
from tests.web import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
VIOLATIONS = (
    "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.blockedURI));"
)


@dataclass
class Sight:
    """A page and everything it complained about or asked for."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Requests beyond this server."""

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def check(self) -> None:
        """Nothing was complained about, blocked, run or asked of another host."""
        assert self.complaints == []
        assert self.strangers == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("window.pwned") is None


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    settings = load({}, folder / "none.toml").with_option("data", str(folder / "data"))
    with closing(open_store(settings)) as store:
        sample.fill(store)
        sample.imported(store, "kept")
        sample.covered(store)
        server = uvicorn.Server(uvicorn.Config(make_app(store, settings), port=0, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="package")  # not the session: while Playwright runs, no other test can have an event loop
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or CHROMIUM
    if not shutil.which(path):
        pytest.skip("browser: Chromium is not installed (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser: the package playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Browser, served: str) -> Iterator[Callable[..., Sight]]:
    """Open a window: `look(width=375, dark=True)`."""
    contexts = []

    def window(width: int = 1280, *, dark: bool = False, scripts: bool = True) -> Sight:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_init_script(VIOLATIONS)
        sight = Sight(context.new_page(), served)
        sight.page.on("console", lambda m: sight.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        sight.page.on("pageerror", lambda error: sight.complaints.append(str(error)))
        sight.page.on("request", lambda r: None if r.url.startswith(served) else sight.strangers.append(r.url))
        return sight

    yield window
    for context in contexts:
        context.close()
