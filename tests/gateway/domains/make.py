"""Factories: lists out of texts, and what is decided with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.gateway.domains.judging import Book, decide
from carnet.gateway.domains.lists import Wanted, read_list
from carnet.model.host import read_host

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.domains.judging import Decision
    from carnet.gateway.domains.lists import DomainList

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def file(folder: Path, text: str, name: str = "list.txt") -> Path:
    """A file with a text in it."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def a_list(folder: Path, text: str, role: str = "block", organisation: str = "") -> DomainList:
    """A list of a role, read."""
    path = file(folder, text, f"{organisation or 'all'}.{role}")
    return read_list(Wanted(path, role, organisation=organisation), NOW)


def decision(host: str, *lists: DomainList, organisation: str = "") -> Decision:
    return decide(read_host(host), Book.of(lists, organisation))


def reason(host: str, *lists: DomainList, organisation: str = "") -> str:
    return decision(host, *lists, organisation=organisation).reason
