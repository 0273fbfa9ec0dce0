"""Every promise of docs/retention.md names tests that exist: a promise without one is not made."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "retention.md").read_text("utf-8")
PROMISES = [int(number) for number in re.findall(r"^(\d+)\. \*\*", PAGE, re.MULTILINE)]
ROWS = {
    int(row): re.findall(r"`([^`]+)`", cell) for row, cell in re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)
}


def test_promises_are_numbered_without_a_gap() -> None:
    assert list(range(1, len(PROMISES) + 1)) == PROMISES
    assert len(PROMISES) > 10


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_a_test(promise: int) -> None:
    assert ROWS.get(promise), f"promise {promise} names no test"
    for named in ROWS[promise]:
        file, _, name = named.partition("::")
        assert name in defined(ROOT / "tests" / file), f"{named} is not there"


def defined(file: Path) -> set[str]:
    """Names a test file defines at its top: functions, and machines that hypothesis makes tests of."""
    body = ast.parse(file.read_text("utf-8")).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    made = {
        one.id for node in body if isinstance(node, ast.Assign) for one in node.targets if isinstance(one, ast.Name)
    }
    return names | made
