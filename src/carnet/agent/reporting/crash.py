"""A program that dies says so at its next start: what Python still sees is sealed, what only the machine sees is noted.

An exception that nobody caught is a sealed report like any other. A fatal signal leaves no time for sealing: Python's
faulthandler writes its frames (files and functions, no values) into a file that only its owner reads, which the next
start turns into a report of own frames, and deletes. Where error reports are off, neither exists.
"""

from __future__ import annotations

import faulthandler
import os
import re
import sys
import weakref
from contextlib import suppress
from traceback import FrameSummary
from typing import TYPE_CHECKING

from carnet.agent.alone import alone
from carnet.agent.reporting.scrubbing import from_trace
from carnet.agent.reporting.spool import private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import IO

    from carnet.agent.reporting.reporter import Reporter

TRACE = ".trace"
LARGEST = 100_000
SIGNALS = {
    "Segmentation fault": "SIGSEGV",
    "Floating point exception": "SIGFPE",
    "Floating-point exception": "SIGFPE",
    "Aborted": "SIGABRT",
    "Bus error": "SIGBUS",
    "Illegal instruction": "SIGILL",
}
_FRAME = re.compile(r'  File "([^"\n]+)", line (\d+) in (.+)')
_NOT_TOLD = (KeyboardInterrupt, SystemExit, GeneratorExit)


def hook(reporter: Reporter) -> Callable[[], None]:
    """Be told of an exception that nobody catches; what was told of it before still is. Gives what undoes it."""
    told, before = weakref.ref(reporter), sys.excepthook

    def report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        try:
            alive = told()
            if alive is not None and not isinstance(error, _NOT_TOLD):
                alive.crashed(error)
        finally:
            before(kind, error, traceback)

    def undo() -> None:
        if sys.excepthook is report:
            sys.excepthook = before

    sys.excepthook = report
    return undo


class Trace:
    """The file that a fatal signal is written into; it is there while the program runs, and locked by it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

    def open(self) -> None:
        """Have fatal signals written down, unless somebody has that done already."""
        if self._file is not None or faulthandler.is_enabled():
            return
        private(self._folder)
        path = self._folder / f"{os.getpid()}-{os.urandom(4).hex()}{TRACE}"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        self._file = os.fdopen(handle, "r+b", buffering=0)
        self._path = path
        with suppress(OSError):  # a file system without locks: the next start may take it for left behind
            alone(self._file.fileno())
        faulthandler.enable(self._file, all_threads=False)

    def after_fork(self) -> None:
        """The file, and its lock, are the parent's."""
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Nothing happened: leave nothing."""
        if self._file is not None:
            faulthandler.disable()
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def left(folder: Path, own: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """Exceptions of programs that a signal ended, each once; their files are taken away."""
    for path in _traces(folder):
        try:
            with path.open("rb") as file:
                if not alone(file.fileno()):
                    continue  # its program still runs
                text = file.read(LARGEST).decode("utf-8", "replace")
                path.unlink()
        except OSError:
            continue
        if text.strip():
            yield _exception(text, own)


def forget(folder: Path) -> None:
    """Take away what programs left, unread; error reports are off."""
    for path in _traces(folder):
        try:
            with path.open("rb") as file:
                if alone(file.fileno()):
                    path.unlink()
        except OSError:
            continue


def _traces(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(TRACE))
    except OSError:
        return []


def _exception(text: str, own: tuple[str, ...]) -> dict[str, object]:
    """Type and own frames of what faulthandler wrote, the outermost frame first."""
    first = text.partition("\n")[0].removeprefix("Fatal Python error: ").strip()
    summaries = [FrameSummary(file, int(line), name, lookup_line=False) for file, line, name in _FRAME.findall(text)]
    frames = from_trace(summaries[::-1], own)
    return {"type": SIGNALS.get(first, "FatalError"), **({"stacktrace": {"frames": frames}} if frames else {})}
