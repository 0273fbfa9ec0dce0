"""Sinks in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import AlreadyThereError, NotFoundError
from carnet.model.sink import Notice, Progress, Sink
from carnet.stores.sql.catalogue_tables import forwarded, notice, organisation, sink
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from carnet.stores.sql.database import Database


class SqlSinks:
    """See Sinks, whose words are the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sink_: Sink) -> None:
        with self._database.writing() as connection:
            if connection.scalar(sa.select(sink.c.name).where(sink.c.name == sink_.name)):
                raise AlreadyThereError(f"there is already a sink {sink_.name!r}")
            which = organisation.c.id == sink_.organisation
            if not connection.scalar(sa.select(organisation.c.id).where(which)):
                raise NotFoundError(f"the organisation of the sink {sink_.name!r} is not there any more")
            start = {"through": micros(sink_.created), "sent": 0, "refused": 0, "dropped": 0, "fault": ""}
            connection.execute(sa.insert(sink), _values(sink_) | start)

    def remove(self, name: str) -> None:
        with self._database.writing() as connection:
            if not connection.execute(sa.delete(sink).where(sink.c.name == name)).rowcount:
                raise NotFoundError(_missing(name))
            for table in (forwarded, notice):
                connection.execute(sa.delete(table).where(table.c.sink == name))

    def listed(self) -> list[Sink]:
        with self._database.reading() as connection:
            return [_sink(row) for row in connection.execute(sa.select(sink).order_by(sink.c.name))]

    def progress(self, name: str) -> Progress:
        with self._database.reading() as connection:
            row = connection.execute(sa.select(sink).where(sink.c.name == name)).first()
        if row is None:
            raise NotFoundError(_missing(name))
        return Progress(instant(row.through), row.sent, row.refused, row.dropped, row.fault)

    def advance(self, name: str, progress: Progress, chunks: Sequence[bytes], before: bytes) -> None:
        values = {
            "through": micros(progress.through),
            "sent": progress.sent,
            "refused": progress.refused,
            "dropped": progress.dropped,
            "fault": progress.fault,
        }
        with self._database.writing() as connection:
            if not connection.execute(sa.update(sink).where(sink.c.name == name).values(**values)).rowcount:
                return  # it was removed meanwhile
            mine = forwarded.c.sink == name
            connection.execute(sa.delete(forwarded).where(mine, forwarded.c.chunk < before))
            rows = [{"sink": name, "chunk": uid} for uid in chunks if uid >= before]
            if rows:
                connection.execute(sa.insert(forwarded), rows)

    def forwarded(self, name: str) -> set[bytes]:
        with self._database.reading() as connection:
            query = sa.select(forwarded.c.chunk).where(forwarded.c.sink == name)
            return {bytes(row.chunk) for row in connection.execute(query)}

    def note(self, name: str, sessions: Collection[str], at: datetime) -> None:
        with self._database.writing() as connection:
            if not connection.scalar(sa.select(sink.c.name).where(sink.c.name == name)):
                return
            query = sa.select(notice.c.session).where(notice.c.sink == name)
            there = {row.session for row in connection.execute(query)}
            rows = [{"sink": name, "session": one, "at": micros(at)} for one in sorted(set(sessions) - there)]
            if rows:
                connection.execute(sa.insert(notice), rows)

    def notices(self, name: str, most: int) -> list[Notice]:
        query = sa.select(notice).where(notice.c.sink == name).order_by(notice.c.id).limit(most)
        with self._database.reading() as connection:
            return [Notice(row.id, row.sink, row.session) for row in connection.execute(query)]

    def told(self, notices: Sequence[Notice]) -> None:
        with self._database.writing() as connection:
            for one in notices:
                connection.execute(sa.delete(notice).where(notice.c.id == one.id))

    def waiting(self, name: str) -> int:
        query = sa.select(sa.func.count()).select_from(notice).where(notice.c.sink == name)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)


def _missing(name: str) -> str:
    return f"there is no sink {name!r}; carnet sink list shows all"


def _values(given: Sink) -> dict[str, object]:
    return {
        "name": given.name,
        "organisation": given.organisation,
        "url": given.url,
        "created": micros(given.created),
        "flows": json.dumps(given.flows),
        "encoding": given.encoding,
        "headers": json.dumps(given.headers),
        "webhook": given.webhook,
        "webhook_key_env": given.webhook_key_env,
    }


def _sink(row: Any) -> Sink:
    return Sink(
        name=row.name,
        organisation=row.organisation,
        url=row.url,
        created=instant(row.created),
        flows=tuple(json.loads(row.flows)),
        encoding=row.encoding,
        headers=tuple((name, variable) for name, variable in json.loads(row.headers)),
        webhook=row.webhook,
        webhook_key_env=row.webhook_key_env,
    )
