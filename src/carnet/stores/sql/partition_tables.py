"""The tables of one partition: sessions, their keys, and chunks of sealed records."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("organisation", _ID, nullable=False),
    sa.Column("account", _ID, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("repository", sa.Text, nullable=False),
    sa.Index("session_account", "organisation", "account"),
    sa.UniqueConstraint("name", "repository", "account", "organisation"),
)

key = sa.Table(
    "key",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("uid", sa.LargeBinary(16), nullable=False),
    sa.Column("session", sa.ForeignKey("session.id"), nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),
    sa.UniqueConstraint("session", "uid"),
)
"""Where a session's wrapped key lies. A session that was moved here brings the keys it was sealed under. Uids alone are
chance: an index of them would make every new key write a page of its own.
"""

lane = sa.Table(
    "lane",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("flow", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("retention", sa.Text, nullable=False),
    sa.Column("training", sa.Boolean, nullable=False),
    sa.Column("purposes", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
)
"""What was decided; a partition has few of them."""

chunk = sa.Table(
    "chunk",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("uid", sa.LargeBinary(12), nullable=False, unique=True),
    sa.Column("session", sa.ForeignKey("session.id"), nullable=False, index=True),
    sa.Column("key", _ID, nullable=False),
    sa.Column("lane", sa.ForeignKey("lane.id"), nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False, index=True),
    sa.Column("base", sa.LargeBinary(12), nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("sizes", sa.LargeBinary, nullable=False),
)
"""`key` is the id of one without being declared as such: each key that goes would be looked for in all chunks, or in an
index that each chunk writes; `partition_check` looks whether it is there. Its records are numbered: `sizes` has four
bytes for each, big-endian. An id is the chunk's uid and that number, so a store of a billion records needs no row for
each.
"""

loose = sa.Table(
    "loose",
    metadata,
    sa.Column("chunk", sa.ForeignKey("chunk.id"), primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
"""Sealed bytes of chunks that are not packed into an object yet."""

fact = sa.Table(
    "fact",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
"""Small named numbers: how often something was removed or sealed anew."""

tally = sa.Table(
    "tally",
    metadata,
    sa.Column("organisation", _ID, primary_key=True),
    sa.Column("lane", sa.ForeignKey("lane.id"), primary_key=True),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How much there is, counted as it comes and goes, so that no answer counts rows."""
