"""Records and sessions as rows of a page: never a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.records.answers import Names, record_answer
from carnet.web.amounts import Amount, amounts
from carnet.web.deciders import Decider, Deciders
from carnet.web.newest import newest
from carnet.web.record_addresses import of_account, of_organisation, of_session
from carnet.web.wording import RETENTION
from carnet.web.words import counted, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from carnet.model.record import Chunk, Hold, Record, Scope, Session
    from carnet.records.answers import Answer
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

HELD = "held"
PAGE = 100
"""Records on a page."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whom something is, with addresses; empty where it is nobody's."""

    org: str
    account: str
    session: str
    repository: str
    org_href: str
    account_href: str
    session_href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One record."""

    record: Record
    answer: Answer
    """As `carnet records list --json` has it."""
    whose: Whose
    deciders: tuple[Decider, ...]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session with what is kept of it; nothing where only its hold is left."""

    whose: Whose
    amount: Amount | None
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of records."""

    rows: tuple[Row, ...]
    older: str
    """Id after which the next page begins; empty on the last."""


def whose(session: Session, names: Names) -> Whose:
    org, account = names.organisation(session.organisation), names.account(session.account) or ""
    known = session.organisation in names.organisations
    person = session.account in names.accounts
    href = of_session(org, account, session.name, session.repository) if known and person and session.name else ""
    return Whose(
        org,
        account,
        session.name,
        session.repository,
        of_organisation(org) if known else "",
        of_account(account) if person else "",
        href,
    )


def record_rows(
    store: RecordStore,
    names: Names,
    scope: Scope,
    now: datetime,
    kind: str = "",
    before: str = "",
    unread: list[Unread] | None = None,
) -> Rows:
    """A page of the newest records of a scope. What cannot be read is added to `unread`."""
    found = newest(store, scope, kind, PAGE + 1, before, unread)
    deciders = Deciders(store, names, now)
    rows = tuple(
        Row(one, record_answer(one, names), whose(one.session, names), deciders.of(one)) for one in found[:PAGE]
    )
    return Rows(rows, found[PAGE - 1].id if len(found) > PAGE else "")


def row_answer(row: Row) -> Answer:
    """A row for a JSON twin: what the command prints, and where it is explained."""
    return {**row.answer, "explain": {one.rule: one.href for one in row.deciders}}


def by_session(chunks: Iterable[Chunk]) -> dict[Session, Amount]:
    return amounts(chunks, lambda one: one.key.session)


def session_rows(sessions: Iterable[Session], sums: Mapping[Session, Amount], names: Names) -> list[SessionRow]:
    """Sessions, those with the newest records first."""
    rows = [SessionRow(whose(one, names), sums.get(one), names.holds.get(one)) for one in sessions]
    return sorted(rows, key=lambda one: one.amount.newest.timestamp() if one.amount else 0, reverse=True)


def session_answer(row: SessionRow) -> Answer:
    return {
        "org": row.whose.org,
        "account": row.whose.account or None,
        "session": row.whose.session or None,
        "repository": row.whose.repository or None,
        **amount_answer(row.amount),
        "hold": row.hold.reason if row.hold else None,
    }


def by_class(chunks: Iterable[Chunk], names: Names) -> dict[str, Amount]:
    """Summed by retention class; what is held apart, for it does not end when its class does."""
    found = amounts(chunks, lambda one: HELD if one.key.session in names.holds else one.lane.retention)
    return {name: found[name] for name in sorted(found, key=lambda name: (name == HELD, name))}


def amount_answer(one: Amount | None) -> Answer:
    if one is None:
        return {"records": 0, "bytes": 0, "first_ends": None, "last_ends": None, "training": 0}
    ends = {"first_ends": rfc3339(one.first), "last_ends": rfc3339(one.last)}
    return {"records": one.records, "bytes": one.bytes, **ends, "training": one.training}


def class_words(retention: str) -> str:
    """`30 days`, `5 years`, `7 days`: how long a class is."""
    if retention in RETENTION:
        return RETENTION[retention]
    unit = retention.rstrip("0123456789")
    number = retention.removeprefix(unit)
    return counted(int(number), unit.removesuffix("s")) if number else retention
