"""The wheel holds what the sources hold: a template or a pack that is missing there is missed by users only."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_inside(names: set[str]) -> None:
    wanted = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "carnet").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert wanted - names == set()
    assert {Path(name).suffix for name in wanted} >= {".py", ".html", ".css", ".js", ".toml", ".sql"}


def test_the_example_is_inside(names: set[str]) -> None:
    examples = [path for path in (ROOT / "examples").rglob("*") if path.is_file()]

    assert len(examples) > 10
    for path in examples:
        assert f"carnet/packs/examples/{path.relative_to(ROOT / 'examples').as_posix()}" in names


def test_the_licence_is_inside(names: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_nothing_else_is_inside(names: set[str]) -> None:
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"carnet"}
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
