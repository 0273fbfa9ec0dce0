"""How commands print: JSON, instants in UTC, columns that a pipe gets without truncation."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# A document's text may carry escape sequences that would steer the reader's terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_json(answer: object) -> None:
    """One JSON value, readable by people too."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


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
