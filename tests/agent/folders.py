"""An agent's folder as it lies on a machine, with invented content."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.agent.transcripts_places import Places, read_places
from carnet.packs import named

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2020, 8, 22, 12, tzinfo=UTC)  # long past, so that nothing here is in use whenever a test runs
STAMP = NOW.timestamp()
DAY = 86400.0


def places() -> Places:
    return read_places(named("claude-code").folder)


def put(folder: Path, name: str, days: float, text: str | bytes = "{}\n", mode: int = 0o600) -> Path:
    """A file of that age below the agent's folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    os.utime(file, (STAMP - days * DAY,) * 2)
    return file


def prompt(days: float, project: str = "/home/me/shop", session: str = "s-old", text: str = "hello") -> str:
    """A line of the file of prompts."""
    at = int((NOW - timedelta(days=days)).timestamp() * 1000)
    told = {"display": text, "pastedContents": {}, "timestamp": at, "project": project, "sessionId": session}
    return json.dumps(told) + "\n"


def lived_in(folder: Path) -> Path:
    """A folder after some months: one old session, one young one, and all that lies around them."""
    put(folder, "projects/-home-me-shop/s-old.jsonl", 40, "old line\n")
    put(folder, "projects/-home-me-shop/s-old/subagents/agent-1.jsonl", 41)
    put(folder, "projects/-home-me-shop/s-old/tool-results/a.txt", 45)
    put(folder, "projects/-home-me-shop/s-young.jsonl", 2)
    put(folder, "projects/-home-me-shop/s-young/tool-results/b.txt", 50)
    put(folder, "projects/-home-me-shop/memory/MEMORY.md", 90)
    put(folder, "projects/-home-me-blog/s-blog.jsonl", 60)
    put(folder, "file-history/s-old/1@v1", 40)
    put(folder, "file-history/s-blog/1@v1", 60)
    put(folder, "plans/a-plan.md", 70)
    put(folder, "feedback-bundles/one.zip", 35)
    put(folder, "telemetry/1p_failed.json", 33)
    put(folder, "history.jsonl", 0.5, prompt(40) + prompt(60, "/home/me/blog", "s-blog") + prompt(1, session="s-young"))
    put(folder, "settings.json", 400, '{"model": "x"}\n')
    put(folder, ".credentials.json", 400, "secret\n")
    put(folder, "CLAUDE.md", 400, "be nice\n")
    put(folder, "plugins/store/x/y.jsonl", 400)
    put(folder, "something-new.bin", 400)
    return folder


def files(folder: Path) -> set[str]:
    """Every file below the folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
