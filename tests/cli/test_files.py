"""Open files: as many as are wanted, as far as the system lets them be."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from carnet.cli.files import files_for

ASK = """
import resource, sys
from carnet.cli.files import files_for
resource.setrlimit(resource.RLIMIT_NOFILE, (100, int(sys.argv[2])))
print(files_for(int(sys.argv[1])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("wanted", "hard", "got"), [(50, 500, "500 500"), (900, 500, "500 500"), (20, 100, "100 100")])
def test_what_is_wanted_is_asked_for_and_what_else_there_is(wanted: int, hard: int, got: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASK, str(wanted), str(hard)], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == got


def test_who_may_open_any_number_of_them_asks_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def no_more_than_10_000(_: int, limits: tuple[int, int]) -> None:
        asked.append(limits)
        if limits[0] > 10_000:
            raise ValueError

    anything = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, anything))
    monkeypatch.setattr(resource, "setrlimit", no_more_than_10_000)
    assert files_for(2000) == 2000
    assert asked == [(65_536, anything), (2000, anything)]
