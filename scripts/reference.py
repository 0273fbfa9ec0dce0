"""Writes what the docs repeat from the sources.

reference/cli.md from the commands, reference/settings.md from the table of settings, reference/api.md from the table of
calls, and the list of classes in glossary.md from their first sentences.
With --check nothing is written: the files are compared, and a difference ends with status 1.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import click

from carnet.cli.main import COMMANDS, carnet
from carnet.settings import SETTINGS
from carnet.web.calls.call import Call, Nothing
from carnet.web.calls.description import fields_of, plain
from carnet.web.calls.table import ADMIN, MINE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCES = ROOT / "src" / "carnet"
WIDTH = 100
HEAD = "<!-- Written by `make reference`; `make check` compares it. -->\n"


def main() -> int:
    written = {
        DOCS / "reference" / "cli.md": command_line(),
        DOCS / "reference" / "settings.md": table_of_settings(),
        DOCS / "reference" / "api.md": calls(),
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


def calls() -> str:
    """Every call of the API, with what it takes."""
    parts = [
        f"{HEAD}# API\n",
        "Everything below `/api/admin` needs the token of the administration,",
        "everything below `/api/mine` a key of the account with the scope `own`.",
        "[docs/api.md](../api.md) says how to show them, what errors look like, and what is promised.",
        "The same, as OpenAPI 3.1, is at `/api/openapi.json`.\n",
    ]
    for title, group in (*ADMIN, *MINE):
        parts += [f"## {title}\n", *(one for call in group for one in told(call))]
    return "\n".join(parts)


def told(call: Call) -> list[str]:
    parts = [f"### `{call.method} {plain(call.path)}`\n", f"{inspect.getdoc(call.answer)}\n"]
    if call.takes is not Nothing:
        where = "query" if call.in_query else "JSON body"
        rows = [f"| `{name}` | {kind(one)} | {means(one, needed=needed)} |" for name, one, needed in fields_of(call)]
        parts += [f"| {where} | type | |", "|---|---|---|", *rows, ""]
    if call.gives != "application/json":
        parts += [f"Answers with `{call.gives}`.\n"]
    return parts


def kind(schema: dict[str, object]) -> str:
    """The type of a field, as a reader of JSON writes it."""
    if "enum" in schema:
        words = schema["enum"]
        return ", ".join(f"`{one}`" for one in words if one) if isinstance(words, list) else ""
    if "anyOf" in schema:
        some = schema["anyOf"]
        return " or ".join(kind(one) for one in some) if isinstance(some, list) else ""
    if "$ref" in schema:
        return "`" + str(schema["$ref"]).rpartition("/")[2] + "`"
    items = schema.get("items")
    return f"array of {kind(items)}" if isinstance(items, dict) else str(schema.get("type", "any"))


def means(schema: dict[str, object], *, needed: bool) -> str:
    said = str(schema.get("description", ""))
    return " ".join(part for part in (said, "Needed." if needed else "") if part)


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
