"""What spans partitions, in SQL."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

from carnet.model.record import Hold, Partition, Scope, Session, Work
from carnet.stores.sql.direct import Statement
from carnet.stores.sql.generations import GENERATION, generation, grow, write_fact
from carnet.stores.sql.instants import instant, micros

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from carnet.stores.sql.database import Database
    from carnet.stores.sql.direct import Direct

_CLOCK = "clock"
_PULSE, _FACT = Statement("catalogue.pulse"), Statement("catalogue.fact")
_PARTITIONS, _ADD_PARTITION = Statement("catalogue.partitions"), Statement("catalogue.add_partition")
_CHANGE_PARTITION, _REMOVE_PARTITION = Statement("catalogue.change_partition"), Statement("catalogue.remove_partition")
_ORG_KEYS, _ADD_ORG_KEY = Statement("catalogue.org_keys"), Statement("catalogue.add_org_key")
_REMOVE_ORG_KEY = Statement("catalogue.remove_org_key")
_HOLDS, _HOLD_OF = Statement("catalogue.holds"), Statement("catalogue.hold_of")
_ADD_HOLD, _REMOVE_HOLD = Statement("catalogue.add_hold"), Statement("catalogue.remove_hold")
_WORKS, _ADD_WORK, _LAST_WORK = (Statement(f"catalogue.{name}") for name in ("works", "add_work", "last_work"))
_CHANGE_WORK, _REMOVE_WORK = Statement("catalogue.change_work"), Statement("catalogue.remove_work")
_ENTRIES, _LAST_ENTRY = Statement("catalogue.entries"), Statement("catalogue.last_entry")
_ADD_ENTRY, _ADD_OPENING = Statement("catalogue.add_entry"), Statement("catalogue.add_opening")
_OPENINGS, _OPENINGS_OF = Statement("catalogue.openings"), Statement("catalogue.openings_of")
_FORGET_OPENING, _FORGET_OPENINGS = Statement("catalogue.forget_opening"), Statement("catalogue.forget_openings")
_FORGET_OPENINGS_OF = Statement("catalogue.forget_openings_of")


class SqlCatalogue:
    """See Catalogue, whose words are the contract."""

    def __init__(
        self, database: Database, checkpoint: Callable[[], object], check: Callable[[], list[str]] = list
    ) -> None:
        self._database = database
        self._checkpoint = checkpoint
        self._check = check

    def generation(self) -> int:
        with self._database.glancing() as direct:
            return generation(direct)

    def pulse(self) -> tuple[int, datetime | None]:
        with self._database.glancing() as direct:
            found = dict(_PULSE.run(direct, GENERATION, _CLOCK).fetchall())
        clock = found.get(_CLOCK)
        return int(found.get(GENERATION, 0)), None if clock is None else instant(int(clock))

    # --- partitions and organisations' keys

    def partitions(self) -> list[Partition]:
        with self._database.glancing() as direct:
            rows = _PARTITIONS.run(direct).fetchall()
        return [Partition(name, date.fromisoformat(end) if end else None, slot) for name, end, slot in rows]

    def add_partition(self, partition: Partition) -> None:
        end = partition.end.isoformat() if partition.end else None
        with self._database.putting() as direct:
            if _CHANGE_PARTITION.run(direct, end, partition.slot, partition.name).rowcount == 0:
                _ADD_PARTITION.run(direct, partition.name, end, partition.slot)
            grow(direct)

    def remove_partition(self, name: str) -> None:
        with self._database.putting() as direct:
            _REMOVE_PARTITION.run(direct, name)
            grow(direct)

    def org_keys(self) -> dict[tuple[int, int], int]:
        with self._database.glancing() as direct:
            rows = _ORG_KEYS.run(direct).fetchall()
        return {(organisation, epoch): slot for organisation, epoch, slot in rows}

    def add_org_key(self, organisation: int, epoch: int, slot: int) -> None:
        with self._database.putting() as direct:
            _ADD_ORG_KEY.run(direct, organisation, epoch, slot)
            grow(direct)

    def remove_org_keys(self, keys: Sequence[tuple[int, int]]) -> None:
        with self._database.putting() as direct:
            _REMOVE_ORG_KEY.run_all(direct, keys)
            grow(direct)

    # --- what is held, what is under way

    def holds(self) -> list[Hold]:
        with self._database.glancing() as direct:
            rows = _HOLDS.run(direct).fetchall()
        return [Hold(id_, Session(*session), reason, instant(placed)) for id_, *session, reason, placed in rows]

    def add_hold(self, hold: Hold) -> Hold:
        session = hold.session
        whose = session.organisation, session.account, session.name, session.repository
        with self._database.putting() as direct:
            found = _HOLD_OF.first(direct, *whose)
            if found is not None:
                return Hold(found[0], session, found[1], instant(found[2]))
            _ADD_HOLD.run(direct, *whose, hold.reason, micros(hold.placed))
            grow(direct)
            return replace(hold, id=_HOLD_OF.value(direct, *whose))

    def remove_hold(self, hold: int) -> None:
        with self._database.putting() as direct:
            _REMOVE_HOLD.run(direct, hold)
            grow(direct)

    def works(self) -> list[Work]:
        with self._database.glancing() as direct:
            rows = _WORKS.run(direct).fetchall()
        return [
            Work(id_, kind, Scope(**json.loads(scope)), instant(asked), json.loads(done))
            for id_, kind, scope, asked, done in rows
        ]

    def add_work(self, work: Work) -> Work:
        values = work.kind, json.dumps(asdict(work.scope)), micros(work.asked), json.dumps(dict(work.done))
        with self._database.putting() as direct:
            grow(direct)
            _ADD_WORK.run(direct, *values)
            return replace(work, id=_LAST_WORK.value(direct))

    def change_work(self, work: Work) -> None:
        with self._database.putting() as direct:
            _CHANGE_WORK.run(direct, json.dumps(dict(work.done)), work.id)

    def remove_work(self, work: int) -> None:
        with self._database.putting() as direct:
            _REMOVE_WORK.run(direct, work)

    # --- the log

    def add_entry(self, entry: bytes, opening: Mapping[str, object] | None, subject: tuple[int, int]) -> int:
        with self._database.putting() as direct:
            seq = _entries(direct)
            _ADD_ENTRY.run(direct, seq, entry)
            if opening is not None:
                _ADD_OPENING.run(direct, seq, *subject, json.dumps(dict(opening)))
            return seq

    def entries(self, start: int, stop: int) -> list[bytes]:
        with self._database.glancing() as direct:
            return [bytes(entry) for (entry,) in _ENTRIES.run(direct, start, stop).fetchall()]

    def size(self) -> int:
        with self._database.glancing() as direct:
            return _entries(direct)

    def openings(self, newest: int) -> list[tuple[int, Mapping[str, object]]]:
        with self._database.glancing() as direct:
            return [(seq, json.loads(words)) for seq, words in _OPENINGS.run(direct, newest).fetchall()]

    def forget_openings(self, organisation: int, account: int | None = None) -> None:
        with self._database.putting() as direct:
            if account is None:
                _FORGET_OPENINGS.run(direct, organisation)
            else:
                _FORGET_OPENINGS_OF.run(direct, organisation, account)

    def forget_sessions(self, sessions: Sequence[Session]) -> None:
        meant = set(sessions)
        with self._database.putting() as direct:
            for whose in {(one.organisation, one.account) for one in meant}:
                rows = _OPENINGS_OF.run(direct, *whose).fetchall()
                gone = [(seq,) for seq, words in rows if _session_of(*whose, words) in meant]
                _FORGET_OPENING.run_all(direct, gone)

    # --- the clock, and other small values

    def clock(self) -> datetime | None:
        marked = self.fact(_CLOCK)
        return instant(int(marked)) if marked else None

    def mark_clock(self, at: datetime) -> None:
        with self._database.putting() as direct:
            last = _FACT.value(direct, _CLOCK)
            if last is None or int(last) < micros(at):
                write_fact(direct, _CLOCK, str(micros(at)))

    def reset_clock(self, at: datetime) -> None:
        with self._database.putting() as direct:
            write_fact(direct, _CLOCK, str(micros(at)))

    def fact(self, key: str) -> str | None:
        with self._database.glancing() as direct:
            found: str | None = _FACT.value(direct, key)
            return found

    def set_fact(self, key: str, value: str) -> None:
        with self._database.putting() as direct:
            write_fact(direct, key, value)

    def check(self) -> list[str]:
        from carnet.stores.sql.catalogue_check import faults  # noqa: PLC0415 - few look for faults

        found = self._check()
        if found:
            return found  # on damaged pages no row means anything
        with self._database.reading() as connection:
            return faults(connection)

    def checkpoint(self) -> None:
        self._checkpoint()


def _entries(direct: Direct) -> int:
    """How many the log has."""
    last = _LAST_ENTRY.value(direct)
    return 0 if last is None else int(last) + 1


def _session_of(organisation: int, account: int, words: str) -> Session | None:
    details = json.loads(words).get("details", {})
    if "session" not in details:
        return None
    return Session(organisation, account, details["session"], details.get("repository", ""))
