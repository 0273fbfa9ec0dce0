"""Rendering a page in a browser, out of process (extra `carnet[browser]`)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import FetchError
from carnet.settings import child_environment

if TYPE_CHECKING:
    from carnet.documents.capture.answer import Answer
    from carnet.documents.capture.limits import Limits
    from carnet.settings import Settings

PROGRAM = "carnet.documents.capture.rendering"
START = 20.0
"""Seconds a browser may take to start, beside watch.timeout for the page itself."""
NEEDED = ("watch.", "net.")


class Page(msgspec.Struct, frozen=True):
    """A page to be rendered, and the settings its parts are fetched under."""

    url: str
    content_type: str
    body: bytes
    settings: dict[str, str]
    seconds: float


class Rendered(msgspec.Struct, frozen=True):
    """What the browser made of it."""

    html: bytes = b""
    fault: str = ""


async def rendered(answer: Answer, settings: Settings, limits: Limits) -> Answer:
    """The answer with the page as a browser shows it. Raises FetchError where that cannot be had."""
    if find_spec("playwright") is None:
        raise FetchError(
            "rendering needs a browser: pip install 'carnet[browser]' && playwright install chromium", "browser"
        )
    if answer.header("content-type").partition(";")[0].strip().lower() not in {"text/html", "application/xhtml+xml"}:
        return answer
    values = {each.setting.name: each.value for each in settings.all() if each.setting.name.startswith(NEEDED)}
    page = Page(answer.url, answer.header("content-type"), answer.body, values, limits.timeout)
    made = await _carry_out(page, limits.timeout + START)
    if made.fault:
        raise FetchError(made.fault, "browser")
    if len(made.html) > limits.max_bytes:
        raise FetchError(f"the rendered page is larger than {limits.max_bytes:,} bytes (watch.max-bytes)", "too-large")
    headers = tuple(pair for pair in answer.headers if pair[0] != "content-type")
    return replace(answer, headers=(*headers, ("content-type", "text/html; charset=utf-8")), body=made.html)


async def _carry_out(page: Page, seconds: float) -> Rendered:
    """One browser for one page: its memory goes with it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", PROGRAM, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=child_environment({}), start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate(msgspec.msgpack.encode(page))
        return msgspec.msgpack.decode(out, type=Rendered)
    except TimeoutError as error:
        raise FetchError(f"the page was not rendered within {seconds:g} s (watch.timeout)", "timeout") from error
    except msgspec.DecodeError as error:
        raise FetchError("the rendering process ended without an answer", "browser") from error
    finally:
        if process.returncode is None:
            _kill_all(process.pid)
            await process.wait()


def _kill_all(leader: int) -> None:
    """End the process we started and the browser that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
