"""Where sealed bodies and the log's tiles are kept: named bytes, written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Objects(Protocol):
    """Named immutable bytes. Names are relative paths of `[A-Za-z0-9._-]` parts joined by `/`."""

    def put(self, name: str, data: bytes) -> None:
        """Write bytes under a name, replacing what is there whole; durable when this returns.

        Raises StoreError when the disk is full or the place cannot be written; then nothing is there.
        """

    def get(self, name: str) -> bytes:
        """The bytes of a name. Raises NotFoundError where there are none."""

    def delete(self, names: Sequence[str]) -> None:
        """Remove names; those that are not there are no fault."""

    def names(self, prefix: str = "") -> Iterator[str]:
        """Every name below a prefix (a whole part, such as `log`), in no particular order."""
