"""Writing captures: what is already there is left alone, and the history's law is kept."""

from __future__ import annotations

import heapq
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carnet.errors import NotFoundError
from carnet.stores.sql.history import Observed, decided
from carnet.stores.sql.instants import micros
from carnet.stores.sql.phrases import phrase_ids
from carnet.stores.sql.rows import headers_text
from carnet.stores.sql.tables import (
    ATTEMPT,
    CANONICAL,
    IS_REPEAT,
    IS_VERSION,
    OUTCOME_NAMES,
    OUTCOMES,
    PLACE,
    RAW,
    SEEN_GONE,
    SEEN_TEXT,
    capture,
    document,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from carnet.model.document import Attempt, Capture, Observation
    from carnet.stores.sql.bodies import Bodies

_AT_ONCE = 256
_HISTORY = (IS_VERSION, IS_REPEAT)
"""The two parts of a history, each behind its own index."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A capture about to be written: its columns, and the caller's place for it."""

    asked: int
    columns: dict[str, Any]

    @property
    def place(self) -> int:
        return int(self.columns["at"] + self.columns["shift"])

    @property
    def identity(self) -> tuple[object, ...]:
        """Two captures equal in this are one."""
        names = ("document", "at", "shift", "seen", "body", "source")
        named = tuple(self.columns[name] for name in names)
        if self.columns["seen"] == ATTEMPT:
            return (*named, self.columns["outcome"], self.columns["why"], self.columns["status"])
        return named


def write_observations(connection: sa.Connection, bodies: Bodies, observations: Sequence[Observation]) -> list[int]:
    """Capture ids of these observations, in their order; new ones written, neighbours decided again."""
    _require_documents(connection, {each.document for each in observations})
    words = phrase_ids(connection, (text for each in observations for text in _phrases_of(each)))
    rows = _observation_rows(connection, bodies, observations, words)
    ids, new = _split(connection, rows)
    _decide(connection, new)
    ids |= _insert(connection, new)
    return _in_asked_order(rows, ids)


def write_attempts(connection: sa.Connection, bodies: Bodies, attempts: Sequence[Attempt]) -> list[int]:
    """Capture ids of these attempts, in their order; new ones written."""
    _require_documents(connection, {each.capture.document for each in attempts})
    captures = [each.capture for each in attempts]
    words = phrase_ids(connection, (text for each in captures for text in (each.why, each.source, each.final_url)))
    rows = _attempt_rows(connection, bodies, attempts, words)
    ids, new = _split(connection, rows)
    ids |= _insert(connection, new)
    return _in_asked_order(rows, ids)


def replace_texts(
    connection: sa.Connection, bodies: Bodies, owner: int, texts: Mapping[int, bytes], normaliser: str
) -> None:
    """Give observations of a document other texts and decide its whole history again."""
    ids = bodies.write(connection, CANONICAL, [(owner, text) for text in texts.values()])
    named = phrase_ids(connection, [normaliser])[normaliser]
    rows = [{"key": key, "now": now} for key, now in zip(texts, ids, strict=True)]
    mine = sa.and_(capture.c.id == sa.bindparam("key"), capture.c.document == owner, capture.c.seen == SEEN_TEXT)
    query = sa.update(capture).where(mine).values(body=sa.bindparam("now"), normaliser=named)
    if rows:
        connection.execute(query, rows)
    history = _window(connection, owner, None, None)
    _update(connection, ((row, outcome) for row, outcome in decided(None, history) if outcome is not row.outcome))


def _observation_rows(
    connection: sa.Connection, bodies: Bodies, observations: Sequence[Observation], words: dict[str, int | None]
) -> list[_Row]:
    texts = bodies.write(connection, CANONICAL, [(each.document, each.text) for each in observations])
    raws = bodies.write(connection, RAW, [(each.document, _own_raw(each)) for each in observations])
    return [
        _Row(
            asked,
            {
                "document": each.document,
                "at": micros(each.at),
                "shift": micros(each.order or each.at) - micros(each.at),
                "seen": SEEN_GONE if each.text is None else SEEN_TEXT,
                "status": each.status,
                "body": texts[asked],
                "raw": raws[asked],
                "why": None,
                "source": words[each.source],
                "final_url": words[each.final_url],
                "normaliser": words[each.normaliser],
                "headers": headers_text(each.headers),
            },
        )
        for asked, each in enumerate(observations)
    ]


def _attempt_rows(
    connection: sa.Connection, bodies: Bodies, attempts: Sequence[Attempt], words: dict[str, int | None]
) -> list[_Row]:
    texts = bodies.write(connection, CANONICAL, [(each.capture.document, each.text) for each in attempts])
    captures = [each.capture for each in attempts]
    # A 304 says "the same as before": it names the text by its digest alone.
    named = bodies.known(connection, CANONICAL, {_named(each) for each in captures if each.digest})
    raws = bodies.write(connection, RAW, [(each.capture.document, each.raw) for each in attempts])
    return [
        _Row(
            asked,
            {
                "document": each.capture.document,
                "at": micros(each.capture.at),
                "shift": 0,
                "seen": ATTEMPT,
                "outcome": OUTCOMES[each.capture.outcome],
                "status": each.capture.status,
                "body": texts[asked] or named.get(_named(each.capture)),
                "raw": raws[asked],
                "why": words[each.capture.why],
                "source": words[each.capture.source],
                "final_url": words[each.capture.final_url],
                "normaliser": None,
                "headers": headers_text(each.capture.headers),
            },
        )
        for asked, each in enumerate(attempts)
    ]


def _named(capture: Capture) -> tuple[int, bytes]:
    return capture.document, bytes.fromhex(capture.digest)


def _phrases_of(observation: Observation) -> tuple[str, str, str]:
    return observation.source, observation.final_url, observation.normaliser


def _own_raw(observation: Observation) -> bytes | None:
    return None if observation.raw == observation.text else observation.raw


def _require_documents(connection: sa.Connection, owners: set[int]) -> None:
    wanted, found = sorted(owners), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(document.c.id).where(document.c.id.in_(wanted[start : start + _AT_ONCE]))
        found.update(connection.scalars(query))
    if owners - found:
        raise NotFoundError(f"no document with id {min(owners - found)} in this store (was it removed?)")


def _split(connection: sa.Connection, rows: Sequence[_Row]) -> tuple[dict[int, int], list[_Row]]:
    """Captures already recorded (by the caller's place), and those to write, each once."""
    known = _recorded(connection, {(row.columns["document"], row.columns["at"]) for row in rows})
    first: dict[tuple[object, ...], _Row] = {}
    ids: dict[int, int] = {}
    for row in rows:
        if row.identity in known:
            ids[row.asked] = known[row.identity]
        else:
            first.setdefault(row.identity, row)
    return ids, list(first.values())


def _recorded(connection: sa.Connection, instants: set[tuple[int, int]]) -> dict[tuple[object, ...], int]:
    wanted, found = sorted(instants), dict[tuple[object, ...], int]()
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        query = sa.select(capture).where(sa.tuple_(capture.c.document, capture.c.at).in_(chunk))
        for row in connection.execute(query.order_by(capture.c.id)).mappings():
            found.setdefault(_Row(0, dict(row)).identity, row["id"])
    return found


def _decide(connection: sa.Connection, new: Sequence[_Row]) -> None:
    """Give new observations their outcome, and decide those behind them again."""
    by_owner: dict[int, list[_Row]] = {}
    for row in sorted(new, key=lambda row: row.place):  # stable: of two at one place the first asked comes first
        by_owner.setdefault(row.columns["document"], []).append(row)
    ends = _ends(connection, list(by_owner))
    for owner, mine in by_owner.items():
        last = ends.get(owner)
        if last is None or last.place <= mine[0].place:
            _decide_run(connection, last, [], mine)
        else:
            between = _window(connection, owner, mine[0].place, mine[-1].place)
            _decide_run(connection, _before(connection, owner, mine[0].place), between, mine)


def _decide_run(
    connection: sa.Connection, before: Observed | None, recorded: Sequence[Observed], new: Sequence[_Row]
) -> None:
    fresh = [Observed(row.place, row.columns["body"], None, place) for place, row in enumerate(new)]
    merged = sorted([*recorded, *fresh], key=lambda each: each.place)  # stable: what was there first stays first
    changed = []
    for observed, outcome in decided(before, merged):
        if observed.outcome is None:
            new[observed.key].columns["outcome"] = OUTCOMES[outcome]
        elif observed.outcome is not outcome:
            changed.append((observed, outcome))
    _update(connection, changed)


def _ends(connection: sa.Connection, owners: Sequence[int]) -> dict[int, Observed]:
    """The last recorded observation of each document."""
    found: dict[int, Observed] = {}
    for part in _HISTORY:
        newest = sa.select(capture.c.id).where(capture.c.document == document.c.id, part)
        newest = newest.order_by(PLACE.desc(), capture.c.id.desc()).limit(1)
        last = newest.correlate(document).scalar_subquery()
        for start in range(0, len(owners), _AT_ONCE):
            ids = sa.select(last).where(document.c.id.in_(owners[start : start + _AT_ONCE]))
            for row in connection.execute(_observations(capture.c.id.in_(ids)).add_columns(capture.c.document)):
                there, found_row = found.get(row.document), _observed(row)
                found[row.document] = max(there or found_row, found_row, key=_by_place)
    return found


def _before(connection: sa.Connection, owner: int, place: int) -> Observed | None:
    """The last recorded observation before a place."""
    found = []
    for part in _HISTORY:
        query = _observations(capture.c.document == owner, part, place > PLACE)
        row = connection.execute(query.order_by(PLACE.desc(), capture.c.id.desc()).limit(1)).first()
        found += [_observed(row)] if row else []
    return max(found, key=_by_place, default=None)


def _window(connection: sa.Connection, owner: int, lowest: int | None, highest: int | None) -> list[Observed]:
    """Recorded observations from a place on, up to the first one behind `highest` that nothing new can touch."""
    window: list[Observed] = []
    with ExitStack() as opened:
        parts = [opened.enter_context(_stream(connection, owner, part, lowest)) for part in _HISTORY]
        for observed in heapq.merge(*(map(_observed, rows) for rows in parts), key=_by_place):
            window.append(observed)
            # Behind the new ones, only a run of "not there" and the first text after it depend on what came before.
            if highest is not None and observed.place > highest and observed.body is not None:
                break
    return window


def _stream(
    connection: sa.Connection, owner: int, part: sa.ColumnElement[bool], lowest: int | None
) -> sa.CursorResult[Any]:
    query = _observations(capture.c.document == owner, part).order_by(PLACE, capture.c.id)
    if lowest is not None:
        query = query.where(lowest <= PLACE)
    return connection.execute(query.execution_options(yield_per=100))


def _observations(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    query = sa.select(capture.c.id, PLACE.label("place"), capture.c.body, capture.c.outcome)
    return query.where(*conditions)


def _by_place(observed: Observed) -> tuple[int, int]:
    return observed.place, observed.key


def _observed(row: sa.Row[Any]) -> Observed:
    return Observed(row.place, row.body, OUTCOME_NAMES[row.outcome], row.id)


def _update(connection: sa.Connection, changed: Iterable[tuple[Observed, Any]]) -> None:
    rows = [{"key": observed.key, "now": OUTCOMES[outcome]} for observed, outcome in changed]
    if rows:
        query = sa.update(capture).where(capture.c.id == sa.bindparam("key"))
        connection.execute(query.values(outcome=sa.bindparam("now")), rows)


def _insert(connection: sa.Connection, new: Sequence[_Row]) -> dict[int, int]:
    if not new:
        return {}
    # No other writer overlaps, so the ids can be given here, and all rows go in at once.
    highest = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(capture.c.id), 0))) or 0
    ids = range(highest + 1, highest + 1 + len(new))
    rows = [{"id": identity, **row.columns} for identity, row in zip(ids, new, strict=True)]
    connection.execute(sa.insert(capture), rows)
    return {row.asked: identity for row, identity in zip(new, ids, strict=True)}


def _in_asked_order(rows: Sequence[_Row], ids: dict[int, int]) -> list[int]:
    """One id for each row asked for; a repeated one gets the id of the first like it."""
    by_identity = {row.identity: ids[row.asked] for row in rows if row.asked in ids}
    return [by_identity[row.identity] for row in rows]
