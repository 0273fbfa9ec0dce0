"""What a store knows of sinks, to which reports are forwarded.

Every method is one transaction and durable when it returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from carnet.model.sink import Notice, Progress, Sink


class Sinks(Protocol):
    """Where reports are forwarded to, how far each is, and which deletions it has not been told."""

    def add(self, sink: Sink) -> None:
        """Add one. Raises AlreadyThereError where the name is taken, NotFoundError where its organisation is gone."""

    def remove(self, name: str) -> None:
        """Forget one, with what it was not told yet. Raises NotFoundError where there is none."""

    def listed(self) -> list[Sink]:
        """All, by name."""

    def progress(self, name: str) -> Progress:
        """How far one is; at first: through the instant it was created. Raises NotFoundError where there is none."""

    def advance(self, name: str, progress: Progress, chunks: Sequence[bytes], before: bytes) -> None:
        """Write how far it is and which chunks it has now, and forget those with a uid below one; both or neither."""

    def forwarded(self, name: str) -> set[bytes]:
        """Uids of the chunks it has, as far as they are remembered."""

    def note(self, name: str, sessions: Collection[str], at: datetime) -> None:
        """Remember that it is to be told of these deletions; what waits to be told already is told once."""

    def notices(self, name: str, most: int) -> list[Notice]:
        """What it is to be told, oldest first."""

    def told(self, notices: Sequence[Notice]) -> None:
        """Forget what it was told."""

    def waiting(self, name: str) -> int:
        """How many deletions it has not been told."""
