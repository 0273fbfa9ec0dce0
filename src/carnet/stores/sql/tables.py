"""The tables of a store; one metadata for every SQL implementation.

Times are integers, microseconds since 1970 UTC: exact, sortable, the same everywhere.
"""

from __future__ import annotations

import sqlalchemy as sa

from carnet.model.document import Outcome

metadata = sa.MetaData()

# SQLite gives ids to INTEGER primary keys only; PostgreSQL needs the larger type.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

OUTCOMES = {Outcome.NEW: 1, Outcome.UNCHANGED: 2, Outcome.FAILED: 3, Outcome.HELD: 4}
OUTCOME_NAMES = {code: outcome for outcome, code in OUTCOMES.items()}

ATTEMPT, SEEN_TEXT, SEEN_GONE = 0, 1, 2
"""Values of `capture.seen`: took no part in the history, saw a text, saw that the document was not there."""

CANONICAL, RAW = 0, 1
"""Values of `body.kind`."""

document = sa.Table(
    "document",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("media", sa.Text),
    sa.Column("every", sa.BigInteger),
    sa.Column("selector", sa.Text, nullable=False),
    sa.Column("filters", sa.Text, nullable=False),
    sa.Column("browser", sa.Boolean, nullable=False),
    sa.Column("watched", sa.Boolean, nullable=False),
    sa.Column("example", sa.Boolean, nullable=False),
    sa.UniqueConstraint("collection", "name"),
    sa.UniqueConstraint("collection", "url"),
)

phrase = sa.Table(
    "phrase",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("mark", sa.BigInteger, nullable=False, index=True),
    sa.Column("words", sa.Text, nullable=False),
)
"""Strings that many captures repeat (reasons, sources, addresses), each kept once; `mark` is their CRC-32.

An index on the words themselves would hold every string a second time.
"""

body = sa.Table(
    "body",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("document", sa.ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("base", _ID),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("body_document", "document", "kind"),
)
"""Texts and raw bytes, zstd with the document's previous body as prefix (`base`), `depth` steps after a keyframe.

No base is ever another document's, so removing one is whole.
"""

# Six bytes of a digest find it; all of it in an index would take a tenth of a store of small changes.
DIGEST_HEAD = sa.func.substr(body.c.digest, sa.literal_column("1"), sa.literal_column("6"))
sa.Index("body_digest", DIGEST_HEAD)

capture = sa.Table(
    "capture",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("document", sa.ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("shift", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.SmallInteger, nullable=False),
    sa.Column("outcome", sa.SmallInteger, nullable=False),
    sa.Column("status", sa.SmallInteger),
    sa.Column("body", _ID),
    sa.Column("raw", _ID),
    sa.Column("why", _ID),
    sa.Column("source", _ID),
    sa.Column("final_url", _ID),
    sa.Column("normaliser", _ID),
    sa.Column("headers", sa.Text),
)
"""Every attempt. `shift` is 0, or what an import's order adds to the instant to give the place in the history."""

PLACE = capture.c.at + capture.c.shift
"""Orders the history; then the id does."""

# Literals, not parameters: a partial index serves only queries that repeat its condition word for word.
IS_VERSION = capture.c.outcome == sa.literal_column("1")
IS_REPEAT = sa.and_(capture.c.seen != sa.literal_column("0"), capture.c.outcome != sa.literal_column("1"))
"""Observations that made no version. With IS_VERSION: the whole history, no row of it in two indexes."""
IS_RARE = capture.c.outcome > sa.literal_column("2")

sa.Index("capture_time", capture.c.document, capture.c.at, capture.c.outcome)
# The outcome is always 1 here (and takes no room): it makes this index the better choice beside capture_time.
# Another dialect's condition is set where that dialect is used (`index.dialect_options["postgresql"]["where"]`):
# named here, it would import that dialect into every command.
sa.Index("capture_version", capture.c.document, capture.c.outcome, PLACE, sqlite_where=IS_VERSION)
sa.Index("capture_repeat", capture.c.document, PLACE, sqlite_where=IS_REPEAT)
sa.Index("capture_rare", capture.c.document, capture.c.outcome, capture.c.at, sqlite_where=IS_RARE)

transition = sa.Table(
    "transition",
    metadata,
    sa.Column("document", sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("old", sa.LargeBinary, primary_key=True),
    sa.Column("new", sa.LargeBinary, primary_key=True),
    sa.Column("derivation", sa.Integer, nullable=False),
    sa.Column("added", sa.Integer, nullable=False),
    sa.Column("removed", sa.Integer, nullable=False),
    sa.Column("cosmetic", sa.Boolean, nullable=False),
    sa.Column("reverts", sa.Integer),
    sa.Column("injected", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Cache of what the difference code derived, by pair of texts; `derivation` is that code's version."""

note = sa.Table(
    "note",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
