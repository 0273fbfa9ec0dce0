"""What spans partitions, in SQL."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.model.record import Hold, Partition, Scope, Session, Work
from carnet.stores.sql.catalogue_check import faults
from carnet.stores.sql.catalogue_tables import entry, fact, hold, opening, org_key, partition, work
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.generations import GENERATION, generation, grow
from carnet.stores.sql.inserting import insert_row
from carnet.stores.sql.instants import instant, micros
from carnet.stores.sql.partition_writing import MOST
from carnet.stores.sql.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from carnet.stores.sql.database import Database

_CLOCK = "clock"
_PULSE = Statement(sa.select(fact.c.key, fact.c.value).where(sa.or_(fact.c.key == GENERATION, fact.c.key == _CLOCK)))


_PARTITIONS = Prepared(sa.select(partition).order_by(partition.c.name))
_FACT = Prepared(sa.select(fact.c.value).where(fact.c.key == sa.bindparam("which")))


class SqlCatalogue:
    """See Catalogue, whose words are the contract."""

    def __init__(
        self, database: Database, checkpoint: Callable[[], object], check: Callable[[], list[str]] = list
    ) -> None:
        self._database = database
        self._checkpoint = checkpoint
        self._check = check

    def generation(self) -> int:
        with self._database.reading() as connection:
            return generation(connection)

    def pulse(self) -> tuple[int, datetime | None]:
        with self._database.glancing() as direct:
            found = dict(_PULSE.run(direct).fetchall())
        clock = found.get(_CLOCK)
        return int(found.get(GENERATION, 0)), None if clock is None else instant(int(clock))

    # --- partitions and organisations' keys

    def partitions(self) -> list[Partition]:
        with self._database.reading() as connection:
            rows = _PARTITIONS.run(connection).all()
        return [Partition(row.name, date.fromisoformat(row.end) if row.end else None, row.slot) for row in rows]

    def add_partition(self, partition_: Partition) -> None:
        values = {"end": partition_.end.isoformat() if partition_.end else None, "slot": partition_.slot}
        with self._database.writing() as connection:
            which = partition.c.name == partition_.name
            if connection.execute(sa.update(partition).where(which).values(**values)).rowcount == 0:
                connection.execute(sa.insert(partition), {"name": partition_.name, **values})
            grow(connection)

    def remove_partition(self, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute(sa.delete(partition).where(partition.c.name == name))
            grow(connection)

    def org_keys(self) -> dict[tuple[int, int], int]:
        with self._database.reading() as connection:
            return {(row.organisation, row.epoch): row.slot for row in connection.execute(sa.select(org_key))}

    def add_org_key(self, organisation: int, epoch: int, slot: int) -> None:
        with self._database.writing() as connection:
            connection.execute(sa.insert(org_key), {"organisation": organisation, "epoch": epoch, "slot": slot})
            grow(connection)

    def remove_org_keys(self, keys: Sequence[tuple[int, int]]) -> None:
        with self._database.writing() as connection:
            for organisation, epoch in keys:
                which = sa.and_(org_key.c.organisation == organisation, org_key.c.epoch == epoch)
                connection.execute(sa.delete(org_key).where(which))
            grow(connection)

    # --- what is held, what is under way

    def holds(self) -> list[Hold]:
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(hold).order_by(hold.c.placed, hold.c.id)).all()
        return [
            Hold(
                row.id,
                Session(row.organisation, row.account, row.session, row.repository),
                row.reason,
                instant(row.placed),
            )
            for row in rows
        ]

    def add_hold(self, hold_: Hold) -> Hold:
        one = hold_.session
        names = {
            "organisation": one.organisation,
            "account": one.account,
            "session": one.name,
            "repository": one.repository,
        }
        with self._database.writing() as connection:
            found = connection.execute(sa.select(hold).filter_by(**names)).first()
            if found is not None:
                return Hold(found.id, one, found.reason, instant(found.placed))
            values = {**names, "reason": hold_.reason, "placed": micros(hold_.placed)}
            grow(connection)
            return replace(hold_, id=insert_row(connection, hold, values))

    def remove_hold(self, hold_: int) -> None:
        with self._database.writing() as connection:
            connection.execute(sa.delete(hold).where(hold.c.id == hold_))
            grow(connection)

    def works(self) -> list[Work]:
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(work).order_by(work.c.id)).all()
        return [
            Work(row.id, row.kind, Scope(**json.loads(row.scope)), instant(row.asked), json.loads(row.done))
            for row in rows
        ]

    def add_work(self, work_: Work) -> Work:
        values = {
            "kind": work_.kind,
            "scope": json.dumps(asdict(work_.scope)),
            "asked": micros(work_.asked),
            "done": json.dumps(dict(work_.done)),
        }
        with self._database.writing() as connection:
            grow(connection)
            return replace(work_, id=insert_row(connection, work, values))

    def change_work(self, work_: Work) -> None:
        with self._database.writing() as connection:
            which = work.c.id == work_.id
            connection.execute(sa.update(work).where(which).values(done=json.dumps(dict(work_.done))))

    def remove_work(self, work_: int) -> None:
        with self._database.writing() as connection:
            connection.execute(sa.delete(work).where(work.c.id == work_))

    # --- the log

    def add_entry(self, entry_: bytes, opening_: Mapping[str, object] | None, subject: tuple[int, int]) -> int:
        with self._database.writing() as connection:
            seq = int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(entry.c.seq) + 1, 0))) or 0)
            connection.execute(sa.insert(entry), {"seq": seq, "entry": entry_})
            if opening_ is not None:
                values = {"seq": seq, "organisation": subject[0], "account": subject[1]}
                connection.execute(sa.insert(opening), {**values, "words": json.dumps(dict(opening_))})
            return seq

    def entries(self, start: int, stop: int) -> list[bytes]:
        query = sa.select(entry.c.entry).where(entry.c.seq >= start, entry.c.seq < stop).order_by(entry.c.seq)
        with self._database.reading() as connection:
            return [bytes(row.entry) for row in connection.execute(query)]

    def size(self) -> int:
        with self._database.reading() as connection:
            return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(entry.c.seq) + 1, 0))) or 0)

    def openings(self, newest: int) -> list[tuple[int, Mapping[str, object]]]:
        query = sa.select(opening).order_by(opening.c.seq.desc()).limit(newest)
        with self._database.reading() as connection:
            return [(row.seq, json.loads(row.words)) for row in connection.execute(query)]

    def forget_openings(self, organisation: int, account: int | None = None) -> None:
        which = opening.c.organisation == organisation
        if account is not None:
            which = sa.and_(which, opening.c.account == account)
        with self._database.writing() as connection:
            connection.execute(sa.delete(opening).where(which))

    def forget_sessions(self, sessions: Sequence[Session]) -> None:
        meant = set(sessions)
        with self._database.writing() as connection:
            for organisation, account in {(one.organisation, one.account) for one in meant}:
                which = sa.and_(opening.c.organisation == organisation, opening.c.account == account)
                rows = connection.execute(sa.select(opening).where(which)).all()
                gone = [row.seq for row in rows if _session_of(organisation, account, row.words) in meant]
                for at in range(0, len(gone), MOST):
                    connection.execute(sa.delete(opening).where(opening.c.seq.in_(gone[at : at + MOST])))

    # --- the clock, and other small values

    def clock(self) -> datetime | None:
        marked = self.fact(_CLOCK)
        return instant(int(marked)) if marked else None

    def mark_clock(self, at: datetime) -> None:
        with self._database.writing() as connection:
            last = connection.scalar(sa.select(fact.c.value).where(fact.c.key == _CLOCK))
            if last is None or int(last) < micros(at):
                _write_fact(connection, _CLOCK, str(micros(at)))

    def reset_clock(self, at: datetime) -> None:
        with self._database.writing() as connection:
            _write_fact(connection, _CLOCK, str(micros(at)))

    def fact(self, key: str) -> str | None:
        with self._database.reading() as connection:
            return _FACT.run(connection, which=key).scalar()

    def set_fact(self, key: str, value: str) -> None:
        with self._database.writing() as connection:
            _write_fact(connection, key, value)

    def check(self) -> list[str]:
        found = self._check()
        if found:
            return found  # on damaged pages no row means anything
        with self._database.reading() as connection:
            return faults(connection)

    def checkpoint(self) -> None:
        self._checkpoint()


def _session_of(organisation: int, account: int, words: str) -> Session | None:
    details = json.loads(words).get("details", {})
    if "session" not in details:
        return None
    return Session(organisation, account, details["session"], details.get("repository", ""))


def _write_fact(connection: sa.Connection, key: str, value: str) -> None:
    if connection.execute(sa.update(fact).where(fact.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(sa.insert(fact), {"key": key, "value": value})
