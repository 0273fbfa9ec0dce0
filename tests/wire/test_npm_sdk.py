"""The vendor's npm SDK, unchanged, through the relay."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.vendor import MODELS, Vendor
from tests.wire.conftest import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.wire.conftest import Line

SCRIPT = Path(__file__).parent / "sdk.mjs"
REFUSED = {"fail-400": ("BadRequestError", 400), "fail-429": ("RateLimitError", 429), "stranger": (
    "AuthenticationError", 401,
)}  # fmt: skip


def test_it_creates_counts_lists_and_streams_30_at_once(
    lay: Callable[[Vendor], AbstractContextManager[Line]], home: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("wire: there is no node here")
    with lay(Vendor()) as line:
        done = subprocess.run(
            [node, str(SCRIPT), f"{FOLDER}/sdk", line.tap.url, line.key],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["created"], found["usage"], found["request"][:4]) == ("You said: Grüße", 57, "req_")
        assert found["counted"] > 0
        assert found["listed"] == list(MODELS)
        assert (found["parts"], found["final"]) == (["You sai", "d: word", " by wor", "d"], "You said: word by word")
        assert found["at_once"] == [f"You said: {number}" for number in range(30)]
        assert found["again"] == "You said: fail-529 twice then well"
        for word, (kind, status) in REFUSED.items():
            error = found["errors"][word]
            assert (error["class"], error["status"]) == (kind, status), word
        for word in ("fail-500", "fail-529"):
            assert found["errors"][word]["status"] == int(word[5:])
        assert "Overloaded" in found["errors"]["in-stream"]["message"]
        assert found["errors"]["break-off"] != "no error"
        _one_record_each(line)


def _one_record_each(line: Line) -> None:
    asked = line.tap.asked()
    assert len([one for one in asked if one.method == "POST" and one.status < 500]) > 30
    line.site.until(lambda: len(line.site.records()) >= len(line.fake.requests))
    assert len(line.site.records()) == len(line.fake.requests)
    for session, number in (("npm", 3), ("npm-stream", 1), ("npm-many", 30), ("npm-errors", 6), ("npm-again", 3)):
        assert len(line.kept(session)) == number, session
    sent = {got.body for got in line.fake.requests}
    # an answer that broke off is none of the whole ones
    assert {one.body for one in asked if one.status != 401} <= sent
