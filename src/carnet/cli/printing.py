"""How commands print: JSON, instants in UTC, columns that a pipe gets without truncation."""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

T = TypeVar("T")

# A document's text may carry escape sequences that would steer the reader's terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_json(answer: object) -> None:
    """One JSON value, readable by people too."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def print_json_rows(name: str, rows: Iterable[Mapping[str, object]]) -> None:
    """What `print_json` makes of one list under a name, written piece by piece: however long it is, little is held."""
    import msgspec  # noqa: PLC0415 - few commands list so much

    wrote = False
    for some in _blocks(rows):
        told = (
            msgspec.json.format(msgspec.json.encode(row), indent=2).decode().replace("\n", "\n    ") for row in some
        )
        sys.stdout.write((",\n    " if wrote else f'{{\n  "{name}": [\n    ') + ",\n    ".join(told))
        wrote = True
    sys.stdout.write("\n  ]\n}\n" if wrote else f'{{\n  "{name}": []\n}}\n')
    sys.stdout.flush()


def print_long_columns(rows: Iterable[Sequence[str]], *right: int) -> int:
    """Any number of rows in columns that grow where a later row needs it; how many they were.

    `right` are columns of numbers, flush to the right.
    """
    widths, count = list[int](), 0
    for some in _blocks(rows):
        longest = [max(len(row[n]) for row in some) for n in range(len(some[0]))]
        widths = [max(pair) for pair in zip(widths or longest, longest, strict=True)]
        lines = (
            "  ".join(cell.rjust(width) if n in right else cell.ljust(width) for n, (cell, width) in enumerate(pairs))
            for pairs in (zip(row, widths, strict=True) for row in some)
        )
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
        count += len(some)
    sys.stdout.flush()
    return count


BLOCK = 1000
"""Rows of a long listing that are put together before they are written."""


def _blocks(rows: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(rows)
    while some := list(islice(rest, BLOCK)):
        yield some


def instant(at: datetime) -> str:
    """An instant as people read it, such as `2026-04-22 03:58`."""
    return f"{at:%Y-%m-%d %H:%M}"


def harmless(text: str) -> str:
    """Text without control characters, which a terminal would obey."""
    return _CONTROL.sub("\ufffd", text)


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns, two spaces between them; the last column is as long as it is."""
    if not rows:
        return
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    widths[-1] = 0
    for row in rows:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
