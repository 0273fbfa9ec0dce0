"""The hashed requirement files hold what pyproject.toml asks for and what the sources import."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def _pinned(file: str) -> set[str]:
    return {_name(line) for line in (ROOT / "requirements" / file).read_text("utf-8").splitlines() if "==" in line}


def _imported(folder: Path) -> set[str]:
    """Top-level names of every absolute import, those inside functions too."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"carnet"}


@pytest.mark.parametrize("file", ["base.txt", "dev.txt"])
def test_what_is_asked_for_is_pinned(file: str) -> None:
    groups = PROJECT["dependency-groups"]
    wanted = [*PROJECT["project"]["dependencies"], *groups["build"], *(groups["dev"] if file == "dev.txt" else [])]

    assert {_name(requirement) for requirement in wanted} - _pinned(file) == set(), "run `make lock`"


def test_every_import_of_the_sources_is_asked_for() -> None:
    project = PROJECT["project"]
    asked = {
        _name(requirement)
        for requirements in [project["dependencies"], *project["optional-dependencies"].values()]
        for requirement in requirements
    }
    providers = packages_distributions()
    unasked = {
        name for name in _imported(ROOT / "src") if not {_name(owner) for owner in providers.get(name, [name])} & asked
    }

    assert unasked == set()


def test_both_files_pin_the_same_releases() -> None:
    base, dev = (
        dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements" / file).read_text("utf-8"), re.MULTILINE))
        for file in ("base.txt", "dev.txt")
    )

    assert {name: dev.get(name) for name in base} == base
