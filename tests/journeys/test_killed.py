"""kill -9 behind every durable step of every operation: the next process loses nothing that was acknowledged, finishes
what was begun, and leaves nothing over.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.operations import OPERATIONS

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_step_is_the_last(operation: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.journeys.killing", operation, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    wrong = [row for row in rows if "raised" in row]
    assert not wrong, f"{len(wrong)} steps of {rows[-1]}; the first:\n{wrong[0]['raised']} behind step {wrong[0]}"
    assert (told.returncode, told.stderr) == (0, "")
    assert rows[-1]["steps"] >= 4, "as many durable steps as there are"
