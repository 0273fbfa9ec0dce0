"""Writes what the docs repeat from the sources.

reference/cli.md from the commands, reference/settings.md from the table of settings, and the list of classes in
glossary.md from their first sentences.
With --check nothing is written: the files are compared, and a difference ends with status 1.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import click

from carnet.cli.main import COMMANDS, carnet
from carnet.settings import SETTINGS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCES = ROOT / "src" / "carnet"
WIDTH = 100
HEAD = "<!-- Written by `make reference`; `make check` compares it. -->\n"


def main() -> int:
    written = {
        DOCS / "reference" / "cli.md": command_line(),
        DOCS / "reference" / "settings.md": table_of_settings(),
        DOCS / "glossary.md": glossary(DOCS / "glossary.md"),
    }
    stale = [file for file, text in written.items() if not is_current(file, text)]
    for file in stale:
        if "--check" in sys.argv[1:]:
            print(f"{file.relative_to(ROOT)} is not what the sources say: run `make reference`")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(written[file], "utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


def is_current(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text("utf-8") == text


def glossary(file: Path) -> str:
    """The glossary with its list of classes written anew; the words above it are people's."""
    mark = "<!-- Below: written by `make reference` from the classes' first sentences. -->\n"
    return file.read_text("utf-8").partition(mark)[0] + mark + "\n".join(["", *classes(), ""])


def classes() -> list[str]:
    """Every public class, by folder."""
    lines: list[str] = []
    for path in sorted(SOURCES.rglob("*.py")):
        place = path.relative_to(SOURCES).with_suffix("").as_posix()
        lines += [
            f"- `{node.name}` ({place}): {sentence(node)}"
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        ]
    return lines


def sentence(node: ast.ClassDef) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return re.sub(r"\s+", " ", (ast.get_docstring(node) or "").split("\n\n", maxsplit=1)[0])


def command_line() -> str:
    context = click.Context(
        carnet, info_name="carnet", max_content_width=WIDTH, terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    parts = [f"{HEAD}# Commands\n", block(carnet.get_help(context))]
    for names in COMMANDS.values():
        for name in names:
            command = carnet.get_command(context, name)
            if command is not None:
                parts += sections(command, context, name)
    return "\n".join(parts)


def sections(command: click.Command, above: click.Context, name: str) -> list[str]:
    """A command's help, then that of every command below it."""
    context = click.Context(command, info_name=name, parent=above, max_content_width=WIDTH, terminal_width=WIDTH)
    parts = [f"## {context.command_path}\n", block(command.get_help(context))]
    if isinstance(command, click.Group):
        for below_name, below in command.commands.items():
            parts += sections(below, context, below_name)
    return parts


def block(text: str) -> str:
    return f"```text\n{text}\n```\n"


def table_of_settings() -> str:
    rows = [
        f"| `{setting.name}` | {f'`{setting.default}`' if setting.default else 'empty'} "
        f"| `{setting.env}` | {setting.help} |"
        for setting in SETTINGS
    ]
    return "\n".join(
        [
            f"{HEAD}# Settings\n",
            "An option wins over the environment, the environment over the file, the file over the default.",
            "The file is `~/.config/carnet/carnet.toml`, or the one `CARNET_CONFIG` names;",
            "a dotted name is a key in a table (`web.port` is `port` under `[web]`).",
            "`carnet settings` prints each value and where it came from.\n",
            "| name | default | environment | help |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
