"""Open files: as many as are wanted, as far as the system lets them be."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import resource, sys
from carnet.cli.files import files_for
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 500))
print(files_for(int(sys.argv[1])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("wanted", "got"), [(50, "100 100"), (300, "300 300"), (9000, "500 500")])
def test_what_is_wanted_is_asked_for(wanted: int, got: str) -> None:
    said = subprocess.run([sys.executable, "-c", ASK, str(wanted)], capture_output=True, text=True, check=True).stdout
    assert said.strip() == got
