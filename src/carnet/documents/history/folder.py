"""A folder of dated files, read as a history.

One date or instant stands anywhere in a file's path, in a folder's name or in the file's:
`data-usage/2026-04-22.md`, `data-usage/2026-04-22T0358.md`, `data-usage.2026-04-22T03-58-10Z.md`,
`2026-04-22-data-usage.md`, `2026-04-22/data-usage.md`, `2026-04-22T0358/guides/setup.md`.
The path without it names the document, or the folder's own name where nothing is left.
All times are UTC; a date alone means its first minute.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.history.step import LARGEST, Seen, Step
from carnet.documents.history.wanted import wanted
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.documents.history.step import Progress

DATE = re.compile(
    r"(?<!\d)(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T_ -](\d\d)[:.-]?(\d\d)(?:[:.-]?(\d\d))?(?!\d)(?:Z|[ _-]?UTC)?|(?!\d)(?!T))",
    re.IGNORECASE,
)
LAYOUTS = "NAME/2026-04-22T0358.md, NAME.2026-04-22.md or 2026-04-22/NAME.md"


def read_folder(folder: Path, globs: tuple[str, ...], progress: Progress) -> Iterator[Step]:
    """One step a file, oldest first; files of one instant in the order of their paths."""
    dated = sorted(_dated(folder, path) for path in _files(folder, globs))
    progress.total(len(dated))
    for at, path, document in dated:
        yield Step(at, at, path, f"folder {path}", tuple(_seen(folder, path, document, progress)))


def _files(folder: Path, globs: tuple[str, ...]) -> list[str]:
    def refuse(error: OSError) -> None:
        raise CarnetError(f"{error.filename}: the folder cannot be read: {error.strerror}")

    found: list[str] = []
    for where, below, names in os.walk(folder, onerror=refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        relative = Path(where).relative_to(folder)
        paths = [(relative / name).as_posix() for name in names if not name.startswith(".")]
        found += [path for path in paths if wanted(path, globs) and _regular(folder / path)]
    return found


def _regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _dated(folder: Path, path: str) -> tuple[datetime, str, str]:
    """(instant, path, document's path) of a file. Raises CarnetError for one without a single date."""
    found = list(DATE.finditer(path))
    if not found:
        raise CarnetError(
            f"{folder / path}: no date in its name; a dated file is {LAYOUTS} (UTC). "
            "Leave others out with --path, such as --path '!README.md'"
        )
    if len(found) > 1:
        raise CarnetError(f"{folder / path}: more than one date in its name; a dated file has one, such as {LAYOUTS}")
    numbers = [int(number) for number in found[0].groups("0")]
    try:
        at = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]  # six ints: year to second
    except ValueError as error:
        raise CarnetError(f"{folder / path}: {found[0][0]} is no date: {error}") from error
    document = _without(path, found[0])
    return at, path, f"{folder.resolve().name}{document}" if document.startswith(".") else document


def _without(path: str, date: re.Match[str]) -> str:
    """The path less its date and what joined it: `a/2026-04-22.md` -> `a.md`, `a.2026-04-22.md` -> `a.md`."""
    before, after = path[: date.start()].rstrip("._- @"), path[date.end() :]
    suffix = re.fullmatch(r"[^/]*?(\.[A-Za-z]\w{0,9})", after)
    if before.endswith("/") and suffix and after == suffix[1]:
        return before.rstrip("/") + after
    rest = after if suffix and after == suffix[1] else after.lstrip("._- @")
    joined = before + ("-" if before and before[-1] != "/" and rest and rest[0] not in "./" else "") + rest
    return re.sub(r"/{2,}", "/", joined).strip("/")


def _seen(folder: Path, path: str, document: str, progress: Progress) -> Iterator[Seen]:
    size = (folder / path).stat().st_size
    if size <= LARGEST:
        yield Seen(path, document, partial(_read, folder / path))
    else:
        progress.note(f"{path} has {size / 1e6:.1f} MB, more than the {LARGEST // 1024**2} MB taken; skipped")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CarnetError(f"{path}: the file cannot be read: {error.strerror}") from error
