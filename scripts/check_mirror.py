"""Tests mirror sources: src/carnet/X/y.py is tested by tests/X/test_y.py. Prints what is missing on either side."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STORIES = {"browser", "journeys", "oracle", "wire"}
"""Folders of tests that follow a story instead of a source file."""


def main() -> int:
    sources = {name(path) for path in (ROOT / "src" / "carnet").rglob("*.py") if behaves(path)}
    folders = {path.parent.relative_to(ROOT / "src" / "carnet") for path in (ROOT / "src" / "carnet").rglob("*.py")}
    tests = {mirrored(path): path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    faults = [f"{source}.py has no tests/{test_of(source)}" for source in sorted(sources - set(tests))]
    # Beside its mirrored file a source may have others (a story of faults, say), in the folder where it is looked for.
    faults += [
        f"tests/{test} is in a folder that mirrors no package"
        for test in sorted(tests.values())
        if test.parent not in folders and not STORIES.intersection(test.parts)
    ]
    print("\n".join(faults) or f"{len(sources)} sources mirrored by tests")
    return 1 if faults else 0


def behaves(path: Path) -> bool:
    """Whether there is anything to test: a function or a method."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(ast.parse(path.read_text()))
    )


def name(path: Path) -> str:
    return path.relative_to(ROOT / "src" / "carnet").with_suffix("").as_posix().replace("__", "")


def mirrored(path: Path) -> str:
    relative = path.relative_to(ROOT / "tests")
    return relative.with_name(relative.stem.removeprefix("test_")).as_posix()


def test_of(source: str) -> str:
    return Path(source).with_name(f"test_{Path(source).name}.py").as_posix()


if __name__ == "__main__":
    sys.exit(main())
