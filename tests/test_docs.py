"""Docs that are executed: blocks run, commands shown parse, links lead somewhere, words are in the glossary."""

from __future__ import annotations

import ast
import io
import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from carnet.cli.main import carnet, run
from carnet.settings import SETTINGS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md")])
SOURCES = ROOT / "src" / "carnet"


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", "").splitlines()]
    found = [re.sub(r"^\w+=\$\((.*)\)$|^(.*?)(?: > \S+)?$", r"\1\2", line) for line in lines]
    return [line for line in found if line.startswith("carnet ")]


SHOWN = [(page.relative_to(ROOT).as_posix(), line) for page in PAGES for line in _commands(page)]


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_every_command_the_docs_show_exists_with_its_options(page: str, line: str) -> None:
    del page
    args = shlex.split(line, comments=True)[1:]
    context = click.Context(carnet, info_name="carnet")
    command = carnet.get_command(context, args[0])
    assert command is not None
    command.make_context(args[0], args[1:], parent=context)


def test_the_readmes_commands_run_one_after_the_other(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CARNET_DATA", str(data))
    lines = [line for block in blocks for line in block.splitlines()]
    for line in lines:
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        monkeypatch.setattr(sys, "stdout", out)
        status = run(shlex.split(line)[1:])

        assert status == (1 if re.search(" diff | effect ", line) else 0), line
        assert out.buffer.getvalue() != b"", line
    assert len(lines) > 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert missing == []


def test_every_public_class_is_in_the_glossary_and_says_what_it_is() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    for path in sorted(SOURCES.rglob("*.py")):
        place = path.relative_to(SOURCES).with_suffix("").as_posix()
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{place}: {node.name} has no docstring"
                assert f"`{node.name}` ({place}): " in glossary, f"{place}: {node.name}; run `make reference`"


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    for setting in SETTINGS:
        assert f"| `{setting.name}` |" in page
        assert f"| `{setting.env}` | {setting.help} |" in page


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))
    ]

    assert readers == ["settings.py"]


def test_no_requirement_file_names_an_address() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text("utf-8")
        assert re.search(r"://|index-url|find-links", text) is None, path
        assert "--hash=sha256:" in text


def test_the_decisions_are_numbered_without_a_gap_and_none_twice() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:5] for path in paths] == [f"{number:04}-" for number in range(1, len(paths) + 1)]
    for number, path in enumerate(paths, 1):
        assert path.read_text("utf-8").startswith(f"# {number}. "), path


def test_the_decisions_are_short_and_say_why() -> None:
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        text = path.read_text("utf-8")
        assert text.count("\n") <= 60, path
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequences",
        ], path
