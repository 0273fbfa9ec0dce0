"""How far a long command is: a bar on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

NOTES_SHOWN = 10
SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown_progress() -> Iterator[Lines | Bar]:
    """Progress as it suits where standard error goes; notes follow when the work has ended."""
    if not sys.stderr.isatty():
        lines = Lines()
        yield lines
        _say_notes(lines.notes)
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms that a pipe need not pay
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as shown:
        bar = Bar(shown, shown.add_task("importing", total=None))
        yield bar
    _say_notes(bar.notes)


class Lines:
    """Progress as a line every few seconds."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._total = self._done = 0
        self._said = monotonic()

    def total(self, steps: int) -> None:
        """The number of steps ahead."""
        self._total = steps

    def step(self) -> None:
        """One step done; said only now and then, for a log is read by people."""
        self._done += 1
        if monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._said = monotonic()
            click.echo(f"importing: {self._done:,} of {self._total:,} captures", err=True)

    def note(self, text: str) -> None:
        """Kept for the end."""
        self.notes.append(text)


class Bar:
    """Progress as a bar."""

    def __init__(self, shown: Progress, task: TaskID) -> None:
        self.notes: list[str] = []
        self._shown = shown
        self._task = task

    def total(self, steps: int) -> None:
        """The number of steps ahead."""
        self._shown.update(self._task, total=steps)

    def step(self) -> None:
        """One step done."""
        self._shown.advance(self._task)

    def note(self, text: str) -> None:
        """Kept for the end."""
        self.notes.append(text)


def _say_notes(notes: list[str]) -> None:
    for note in notes[:NOTES_SHOWN]:
        click.echo(f"note: {harmless(note)}", err=True)
    if len(notes) > NOTES_SHOWN:
        click.echo(f"note: and {len(notes) - NOTES_SHOWN:,} more such", err=True)
