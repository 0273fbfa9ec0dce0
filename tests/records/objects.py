"""Objects in memory, for tests that need somewhere to put bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


class MemoryObjects:
    """A dict that keeps the contract of `Objects`."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        assert NAME.fullmatch(name), f"not a name: {name!r}"
        self.held[name] = data

    def get(self, name: str) -> bytes:
        try:
            return self.held[name]
        except KeyError:
            raise NotFoundError(f"there is no object {name}") from None

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self.held.pop(name, None)

    def names(self, prefix: str = "") -> Iterator[str]:
        return iter([name for name in self.held if not prefix or name.startswith(f"{prefix}/")])
