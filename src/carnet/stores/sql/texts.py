"""SQL as SQLAlchemy puts it for a dialect, kept beside the sources: who relays or keeps records need not import it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "-- : "
"""Begins the line that names what follows."""
TABLES = " tables"


@dataclass(frozen=True, slots=True)
class Texts:
    """What one dialect's file says."""

    statements: Mapping[str, str]
    """By their names: the kind of database, a dot, and what they do there."""
    tables: Mapping[str, tuple[str, ...]]
    """Definitions of tables and indexes of each kind of database, in their order."""


@cache
def texts(dialect: str) -> Texts:
    """The file of a dialect."""
    return read_texts(Path(__file__).with_name(f"{dialect}.sql").read_text("utf-8"))


def read_texts(file: str) -> Texts:
    """What was written by `compiling.file_of`."""
    statements: dict[str, str] = {}
    tables: dict[str, tuple[str, ...]] = {}
    for part in file.split(MARK)[1:]:
        name, _, words = part.removesuffix("\n").partition("\n")
        if name.endswith(TABLES):
            kind = name.removesuffix(TABLES)
            tables[kind] = (*tables.get(kind, ()), words)
        else:
            statements[name] = words
    return Texts(statements, tables)
