"""Documents, captures and versions in SQL: the DocumentStore of every SQL implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import NotFoundError
from carnet.model.difference import Transition
from carnet.model.document import Attempt, Observation, Outcome
from carnet.stores.sql.bodies import EMPTY, Bodies
from carnet.stores.sql.instants import instant, micros
from carnet.stores.sql.phrases import forget_unused
from carnet.stores.sql.recording import replace_texts, write_attempts, write_observations
from carnet.stores.sql.rows import (
    document_row,
    select_captures,
    select_documents,
    select_versions,
    to_capture,
    to_document,
    to_headers,
    to_version,
)
from carnet.stores.sql.standing import standing
from carnet.stores.sql.tables import (
    ATTEMPT,
    IS_RARE,
    IS_REPEAT,
    IS_VERSION,
    OUTCOME_NAMES,
    OUTCOMES,
    PLACE,
    SEEN_TEXT,
    capture,
    document,
    transition,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from carnet.model.document import Capture, Document, Version
    from carnet.stores.sql.database import Database

_AT_ONCE = 256
_WITH_BODIES = 64


class SqlDocuments:
    """See DocumentStore, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bodies = Bodies()

    def add_document(self, noun: Document) -> Document:
        with self._database.writing() as connection:
            new = document_row(noun)
            there = sa.or_(document.c.url == new["url"], document.c.name == new["name"])
            query = select_documents().where(document.c.collection == new["collection"], there)
            # One with the same address is the same document, whatever it was called then.
            row = connection.execute(query.order_by((document.c.url == new["url"]).desc()).limit(1)).first()
            if row is None:
                connection.execute(sa.insert(document), new)
                row = connection.execute(query).one()
            return to_document(row)

    def change_document(self, noun: Document) -> None:
        with self._database.writing() as connection:
            query = sa.update(document).where(document.c.id == noun.id).values(**document_row(noun))
            if connection.execute(query).rowcount == 0:
                raise _absent(noun.id)

    def remove_documents(self, documents: Sequence[Document]) -> None:
        with self._database.writing() as connection:
            for noun in documents:
                connection.execute(sa.delete(document).where(document.c.id == noun.id))
            forget_unused(connection)

    def documents(self, collection: str | None = None) -> list[Document]:
        query = select_documents().order_by(document.c.collection, document.c.name)
        if collection is not None:
            query = query.where(document.c.collection == collection)
        with self._database.reading() as connection:
            return [to_document(row) for row in connection.execute(query)]

    def record(self, observations: Sequence[Observation]) -> list[Capture]:
        with self._database.writing() as connection:
            return _captures(connection, write_observations(connection, self._bodies, observations))

    def record_attempt(self, noun: Capture, text: bytes | None = None, raw: bytes | None = None) -> Capture:
        return self.record_attempts([Attempt(noun, text, raw)])[0]

    def record_attempts(self, attempts: Sequence[Attempt]) -> list[Capture]:
        with self._database.writing() as connection:
            return _captures(connection, write_attempts(connection, self._bodies, attempts))

    def rederive(self, document: int, texts: Mapping[int, bytes], normaliser: str) -> None:
        with self._database.writing() as connection:
            replace_texts(connection, self._bodies, document, texts, normaliser)

    def captures(
        self, document: int, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> list[Capture]:
        query = _between(select_captures().where(capture.c.document == document), since, until)
        query = query.order_by(capture.c.at.desc(), capture.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [to_capture(row) for row in connection.execute(query)]

    def last_capture(self, document: int, outcomes: Sequence[Outcome]) -> Capture | None:
        with self._database.reading() as connection:
            found = [key for outcome in set(outcomes) if (key := _last(connection, document, outcome))]
            return _captures(connection, [max(found)[1]])[0] if found else None

    def versions(self, document: int) -> list[Version]:
        query = select_versions().where(capture.c.document == document, IS_VERSION)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(PLACE, capture.c.id))
            return [to_version(row, number) for number, row in enumerate(rows, 1)]

    def standing(self, documents: Sequence[int]) -> Mapping[int, tuple[Capture | None, Version | None]]:
        with self._database.reading() as connection:
            return standing(connection, documents)

    def version_at(self, document: int, instant: datetime) -> Version | None:
        mine = sa.and_(capture.c.document == document, IS_VERSION, micros(instant) >= PLACE)
        query = select_versions().where(mine).order_by(PLACE.desc(), capture.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            number = connection.scalar(sa.select(sa.func.count()).select_from(capture).where(mine))
            return to_version(row, number or 0) if row else None

    def changes(
        self, collection: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[datetime, str]]:
        query = sa.select(capture.c.at, document.c.name).join(document, document.c.id == capture.c.document)
        query = _between(query.where(document.c.collection == collection, IS_VERSION), since, until)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(PLACE, capture.c.id))
            return [(instant(row[0]), row[1]) for row in rows]

    def text(self, digest: str) -> bytes:
        with self._database.reading() as connection:
            return self._bodies.text(connection, _digest(digest))

    def texts(self, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        wanted = {_digest(digest) for digest in digests}
        if EMPTY in wanted:
            wanted.remove(EMPTY)
            yield EMPTY.hex(), b""
        with self._database.reading() as connection:
            found = self._bodies.identities(connection, wanted)
        ids = sorted(found)
        if len(ids) < len(wanted):
            raise NotFoundError(f"no text with digest {min(wanted - set(found.values())).hex()} in this store")
        # A short read each, so that a slow consumer never holds back a checkpoint.
        for start in range(0, len(ids), _AT_ONCE):
            yield from ((found[key].hex(), text) for key, text in self._bodies_of(ids[start : start + _AT_ONCE]))

    def raw(self, capture_id: int) -> bytes:
        query = sa.select(sa.func.coalesce(capture.c.raw, capture.c.body)).where(capture.c.id == capture_id)
        with self._database.reading() as connection:
            identity = connection.scalar(query)
            if identity is None:
                raise NotFoundError(f"no bytes were kept with capture {capture_id}")
            return self._bodies.read(connection, identity)

    def observations(self, document: int) -> Iterator[Observation]:
        observed = sa.or_(IS_VERSION, IS_REPEAT)
        for row, text, raw in self._with_bodies(document, observed, PLACE):
            yield Observation(
                document=document,
                at=instant(row.at),
                text=text if row.seen == SEEN_TEXT else None,
                raw=raw,
                order=instant(row.at + row.shift) if row.shift else None,
                status=row.status,
                final_url=row.final_url or "",
                headers=to_headers(row.headers),
                source=row.source or "",
                normaliser=row.normaliser or "",
            )

    def attempts(self, document: int) -> Iterator[Attempt]:
        for row, text, raw in self._with_bodies(document, capture.c.seen == ATTEMPT, capture.c.at):
            yield Attempt(to_capture(row), text, raw)

    def transitions(self, document: int, *, derivation: int = 1) -> Mapping[tuple[str, str], Transition]:
        query = sa.select(transition).where(transition.c.document == document, transition.c.derivation == derivation)
        with self._database.reading() as connection:
            return {(row.old.hex(), row.new.hex()): _to_transition(row) for row in connection.execute(query)}

    def keep_transitions(
        self, document: int, kept: Mapping[tuple[str, str], Transition], *, derivation: int = 1
    ) -> None:
        rows = [_transition_row(document, derivation, pair, each) for pair, each in kept.items()]
        with self._database.writing() as connection:
            _forget_transitions(connection, document, derivation, rows)
            if rows:
                connection.execute(sa.insert(transition), rows)

    def counts(self, document: int) -> tuple[int, int]:
        count = sa.select(sa.func.count()).select_from(capture).where(capture.c.document == document)
        with self._database.reading() as connection:
            return connection.scalar(count) or 0, connection.scalar(count.where(IS_VERSION)) or 0

    def marks(self, instants: int) -> Mapping[int, list[tuple[datetime, Outcome]]]:
        with self._database.reading() as connection:
            owners = connection.scalars(sa.select(document.c.id)).all()
            return {owner: _marks(connection, owner, instants) for owner in owners}

    def _bodies_of(self, ids: Sequence[int]) -> list[tuple[int, bytes]]:
        with self._database.reading() as connection:
            return list(self._bodies.read_many(connection, ids))

    def _with_bodies(
        self, document: int, condition: sa.ColumnElement[bool], order: sa.ColumnElement[int]
    ) -> Iterator[tuple[sa.Row[Any], bytes | None, bytes | None]]:
        """A document's captures with their bytes, a short read for each run of them."""
        query = sa.select(capture.c.id).where(capture.c.document == document, condition)
        with self._database.reading() as connection:
            ids = connection.scalars(query.order_by(order, capture.c.id)).all()
        for start in range(0, len(ids), _WITH_BODIES):
            with self._database.reading() as connection:
                rows = _rows(connection, ids[start : start + _WITH_BODIES])
                wanted = {key for row in rows for key in (row.body, row.raw) if key is not None}
                held = dict(self._bodies.read_many(connection, wanted))
            yield from ((row, held.get(row.body), held.get(row.raw)) for row in rows)


def _absent(identity: int) -> NotFoundError:
    return NotFoundError(f"no document with id {identity} in this store (was it removed?)")


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotFoundError(f"{text!r} is not a digest (64 hex digits)") from None


def _between(query: sa.Select[Any], since: datetime | None, until: datetime | None) -> sa.Select[Any]:
    if since is not None:
        query = query.where(capture.c.at >= micros(since))
    if until is not None:
        query = query.where(capture.c.at <= micros(until))
    return query


def _captures(connection: sa.Connection, ids: Sequence[int]) -> list[Capture]:
    return [to_capture(row) for row in _rows(connection, ids)]


def _rows(connection: sa.Connection, ids: Sequence[int]) -> list[sa.Row[Any]]:
    """Capture rows by id, in the order asked for."""
    found: dict[int, sa.Row[Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(select_captures().where(capture.c.id.in_(ids[start : start + _AT_ONCE])))
        found.update((row.id, row) for row in rows)
    return [found[identity] for identity in ids if identity in found]


def _last(connection: sa.Connection, owner: int, outcome: Outcome) -> tuple[int, int] | None:
    """(instant, id) of the newest capture with this outcome."""
    query = sa.select(capture.c.at, capture.c.id).where(capture.c.document == owner)
    query = query.where(capture.c.outcome == sa.literal_column(str(OUTCOMES[outcome])))
    newest: sa.ColumnElement[Any] = capture.c.at
    if outcome is Outcome.NEW:
        newest = PLACE  # the index of versions knows them by their place
    elif outcome is not Outcome.UNCHANGED:
        query = query.where(IS_RARE)
    row = connection.execute(query.order_by(newest.desc(), capture.c.id.desc()).limit(1)).first()
    return (row.at, row.id) if row else None


def _marks(connection: sa.Connection, owner: int, instants: int) -> list[tuple[datetime, Outcome]]:
    query = sa.select(capture.c.at, capture.c.outcome).where(capture.c.document == owner)
    rows = connection.execute(query.order_by(capture.c.at.desc(), capture.c.id.desc()).limit(instants)).all()
    return [(instant(at), OUTCOME_NAMES[outcome]) for at, outcome in reversed(rows)]


def _transition_row(owner: int, derivation: int, pair: tuple[str, str], noun: Transition) -> dict[str, object]:
    return {
        "document": owner,
        "old": _digest(pair[0]),
        "new": _digest(pair[1]),
        "derivation": derivation,
        "added": noun.added,
        "removed": noun.removed,
        "cosmetic": noun.cosmetic,
        "reverts": noun.reverts,
        "injected": noun.injected,
    }


def _to_transition(row: sa.Row[Any]) -> Transition:
    return Transition(row.added, row.removed, row.cosmetic, row.reverts, row.injected)


def _forget_transitions(
    connection: sa.Connection, owner: int, derivation: int, rows: Sequence[Mapping[str, object]]
) -> None:
    """Drop what another derivation left, and what is about to be written again."""
    mine = sa.delete(transition).where(transition.c.document == owner)
    connection.execute(mine.where(transition.c.derivation != derivation))
    pair = sa.and_(transition.c.old == sa.bindparam("before"), transition.c.new == sa.bindparam("after"))
    if rows:
        connection.execute(mine.where(pair), [{"before": row["old"], "after": row["new"]} for row in rows])
