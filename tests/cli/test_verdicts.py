"""`carnet verdicts`: JSON lines in, JSON lines out."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Carnet, Ended

FLOWS = [
    *("inference", "sign-in", "metrics", "errors", "feedback", "survey", "transcript-share", "domain-check"),
    *("updates", "feature-flags", "plugin-marketplace", "remote-control", "cloud-session", "local-transcripts"),
]


@pytest.fixture
def asked(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Runs `carnet verdicts` on lines."""

    def ask(lines: bytes, *args: str) -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
        return carnet("verdicts", *args)

    return ask


def test_a_context_gives_every_flow_in_order(asked: Callable[..., Ended]) -> None:
    context = {"as_of": "2026-04-23", "provider": "bedrock", "env": {"DISABLE_TELEMETRY": "1"}}
    shown = asked(json.dumps(context).encode())
    flows = json.loads(shown.out)["flows"]
    assert (shown.status, [one["flow"] for one in flows]) == (0, FLOWS)
    assert {one["flow"]: one["verdict"] for one in flows}["survey"] == "off"


def test_a_bad_line_gives_an_error_and_the_rest_go_on(asked: Callable[..., Ended]) -> None:
    shown = asked(b'{"provider":"vertex"}\n{nonsense\n[]\n\n{"provider":"moon"}\n{}\n')
    answers = [json.loads(line) for line in shown.out.splitlines()]
    assert [one.get("line") for one in answers] == [None, 2, 3, 5, None]
    assert shown.status == 2
    assert "3 lines were no contexts" in shown.err


def test_as_of_is_for_contexts_without_their_own(asked: Callable[..., Ended]) -> None:
    shown = asked(b'{"provider":"vertex"}\n{"provider":"vertex","as_of":"2026-04-23"}\n', "--as-of", "2026-01-01")
    first, second = ({one["flow"]: one for one in json.loads(line)["flows"]} for line in shown.out.splitlines())
    assert first["survey"]["rule"] != second["survey"]["rule"]


def test_nothing_in_is_nothing_out(asked: Callable[..., Ended]) -> None:
    shown = asked(b"")
    assert (shown.status, shown.out) == (0, "")


def test_a_day_that_is_none_is_refused(asked: Callable[..., Ended]) -> None:
    assert asked(b"{}\n", "--as-of", "never").status == 2
