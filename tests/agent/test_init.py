"""What `carnet.agent` gives is loaded when it is asked for, and nothing before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import carnet.agent
from carnet.settings import child_environment

PAGE = Path(__file__).parents[2] / "docs" / "agent-library.md"


def loaded(program: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


def test_importing_the_package_loads_none_of_it() -> None:
    assert {name for name in loaded("import carnet.agent") if name.startswith("carnet")} == {"carnet", "carnet.agent"}


def test_a_reporter_loads_neither_stores_nor_servers_nor_clients() -> None:
    heavy = {"sqlalchemy", "pygit2", "aiohttp", "starlette", "cryptography", "ssl", "urllib.request", "http.client"}

    assert loaded("from carnet.agent import Reporter, Agent, Collector") & heavy == set()


@pytest.mark.parametrize("name", carnet.agent.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(carnet.agent, name).__name__ == name


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = carnet.agent.Nothing


@pytest.mark.parametrize(
    "block", re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
)
def test_what_the_page_shows_runs(block: str, home: Path) -> None:
    # nothing is sent: the opt-out is set, and the address is loopback
    environ = child_environment({"HOME": str(home), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"})

    told = subprocess.run([sys.executable, "-W", "error", "-c", block], env=environ, capture_output=True, check=False)

    assert (told.returncode, told.stderr) == (0, b"")
