"""The line above every comparison, written once for page, feed, mail and terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.model.difference import Comparison


def instant(at: datetime) -> str:
    """An instant as people read it, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def counts(added: int, removed: int) -> str:
    """How many lines came and went, as `git diff --numstat` counts them."""
    return f"{added:,} added, {removed:,} removed"


def short_name(document: str) -> str:
    """The name within its collection."""
    return document.partition("/")[2] or document


def counts_line(comparison: Comparison) -> str:
    """`data-usage 2026-04-22 03:58 UTC to 2026-04-24 07:49 UTC · 13 added, 4 removed`."""
    name, old, new = short_name(comparison.document), instant(comparison.old.at), instant(comparison.new.at)
    return f"{name} {old} to {new} · {counts(comparison.added, comparison.removed)}"


def unchanged(lines: int) -> str:
    """What a folded run says."""
    return f"{lines:,} unchanged line{'' if lines == 1 else 's'}"
