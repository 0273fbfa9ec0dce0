"""What the portable SQL needs of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import sqlalchemy as sa

    from carnet.stores.sql.direct import Direct


class Database(Protocol):
    """Transactions of one database; faults come out as StoreError."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that sees one state of the store."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that no other writer overlaps; committed at the end, or undone whole."""

    def glancing(self) -> AbstractContextManager[Direct]:
        """For a single query, which sees one state of the store of itself; without SQLAlchemy."""

    def looking(self) -> AbstractContextManager[Direct]:
        """`reading`, without SQLAlchemy."""

    def putting(self) -> AbstractContextManager[Direct]:
        """`writing`, without SQLAlchemy."""
