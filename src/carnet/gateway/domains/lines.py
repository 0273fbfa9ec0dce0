"""Lines of a list: bounded, numbered, and how one that is not understood is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = 4096
_MARK = b"\xef\xbb\xbf"


class LineError(CarnetError):
    """Raised when a line of a list cannot be understood; the text names the line."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")


def numbered(lines: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers. Raises LineError for one that is too long to be any."""
    for number, line in enumerate(lines, first):
        if len(line) > LONGEST:
            raise LineError(number, f"longer than {LONGEST} bytes")
        yield number, line.removeprefix(_MARK) if number == 1 else line


def quoted(line: bytes) -> str:
    """The beginning of a line, as a message may show it."""
    text = line.strip().decode("utf-8", "replace")[:60]
    return repr("".join(one if one.isprintable() else "?" for one in text))
