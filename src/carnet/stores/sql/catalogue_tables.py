"""The tables of what spans partitions: whose data it is, which partitions there are, what is held and under way."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

# SQLite gives ids to INTEGER primary keys only; PostgreSQL needs the larger type.
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("zdr", sa.Boolean, nullable=False),
    sa.Column("dpp", sa.Boolean, nullable=False),
    sa.Column("product_feedback", sa.Boolean, nullable=False),
    sa.Column("keep", sa.Text, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("recording", sa.Text, nullable=False, server_default="required"),
    sa.Column("requests_per_minute", sa.Integer),
    sa.Column("tokens_per_minute", sa.Integer),
    sa.Column("at_once", sa.Integer),
    sqlite_autoincrement=True,  # an id that was given to somebody is never given to somebody else
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("organisation", sa.ForeignKey("organisation.id"), nullable=False, index=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False, unique=True),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("consent", sa.Boolean, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)

act = sa.Table(
    "act",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("organisation", _ID, nullable=False),
    sa.Column("account", _ID, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("act_subject", "organisation", "account"),
)

org_key = sa.Table(
    "org_key",
    metadata,
    sa.Column("organisation", _ID, primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("slot", sa.Integer, nullable=False),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("account", sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger),
    sa.Column("revoked", sa.BigInteger),
    sa.Column("used", sa.Text),
    sa.Column("requests_per_minute", sa.Integer),
    sa.Column("tokens_per_minute", sa.Integer),
    sa.Column("at_once", sa.Integer),
)
"""Clients' keys as hashes; a day is all that is kept of their use."""

upstream = sa.Table(
    "upstream",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("key_env", sa.Text, nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("organisation", sa.ForeignKey("organisation.id"), index=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
)
"""Where model traffic goes; of credentials only the names of their variables."""

sink = sa.Table(
    "sink",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("organisation", _ID, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("flows", sa.Text, nullable=False),
    sa.Column("encoding", sa.Text, nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("webhook", sa.Text, nullable=False),
    sa.Column("webhook_key_env", sa.Text, nullable=False),
    sa.Column("through", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
    sa.Column("dropped", sa.BigInteger, nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
)
"""Collectors of organisations. One outlives its organisation until it was told what was deleted with it."""

forwarded = sa.Table(
    "forwarded",
    metadata,
    sa.Column("sink", sa.Text, primary_key=True),
    sa.Column("chunk", sa.LargeBinary(12), primary_key=True),
    sqlite_with_rowid=False,
)
"""Chunks of the last minutes that a sink has."""

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("sink", sa.Text, nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Deletions that a sink has not been told yet."""

partition = sa.Table(
    "partition",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("end", sa.Text),
    sa.Column("slot", sa.Integer, nullable=False),
)

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("organisation", _ID, nullable=False),
    sa.Column("account", _ID, nullable=False),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("repository", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("organisation", "account", "session", "repository"),
)

work = sa.Table(
    "work",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("asked", sa.BigInteger, nullable=False),
    sa.Column("done", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("seq", _ID, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
)
"""The log: entries hold commitments only and are never removed."""

opening = sa.Table(
    "opening",
    metadata,
    sa.Column("seq", _ID, primary_key=True, autoincrement=False),
    sa.Column("organisation", _ID, nullable=False),
    sa.Column("account", _ID, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index("opening_subject", "organisation", "account"),
)
"""What an entry's commitment stands for, until its subject is erased."""

fact = sa.Table(
    "fact",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Small named values: the generation, the clock's mark, the log's name and public key."""
