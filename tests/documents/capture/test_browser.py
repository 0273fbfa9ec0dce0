"""Rendering in a browser, out of process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture import browser
from carnet.documents.capture.answer import Answer
from carnet.documents.capture.browser import rendered
from carnet.documents.capture.limits import Limits
from carnet.errors import FetchError

if TYPE_CHECKING:
    from carnet.settings import Settings

PAGE = Answer(200, "http://127.0.0.1:9/page", (("content-type", "text/html"),), b"<p>Text")


def render(settings: Settings, answer: Answer = PAGE) -> Answer:
    return asyncio.run(rendered(answer, settings, Limits.read(settings)))


def test_without_the_extra_the_failure_says_how_to_install_it(near: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find_spec", lambda _: None)
    with pytest.raises(FetchError, match=r"carnet\[browser\].*playwright install chromium"):
        render(near)


def test_what_is_no_web_page_is_not_rendered(near: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "find_spec", lambda _: object())
    markdown = Answer(200, "http://127.0.0.1:9/page.md", (("content-type", "text/markdown"),), b"# Text")
    assert render(near, markdown) is markdown


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """Another program in the place of the rendering process."""
    script = folder / "stand_in.sh"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr(browser, "find_spec", lambda _: object())


def test_a_process_that_ends_without_an_answer_is_a_failure(
    near: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(monkeypatch, tmp_path, "cat > /dev/null; exit 3")
    with pytest.raises(FetchError, match="without an answer"):
        render(near)


def test_a_process_that_hangs_is_ended_with_all_it_started(
    near: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(monkeypatch, tmp_path, f"cat > /dev/null; sleep 60 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(browser, "START", 0.3)
    with pytest.raises(FetchError, match="not rendered within"):
        render(near.with_option("watch.timeout", "200ms"))
    assert state((tmp_path / "child").read_text().strip()) in {"", "Z"}


def state(process: str) -> str:
    """The letter of a process's state; empty where there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""
