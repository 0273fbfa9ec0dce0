"""What recording does to rows; what it means is in test_contract.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from carnet.model.document import Attempt, Outcome
from carnet.stores.sql.bodies import Bodies
from carnet.stores.sql.recording import replace_texts, write_attempts, write_observations
from carnet.stores.sql.tables import OUTCOME_NAMES, body, capture
from tests import make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Observation


def write(connection: sa.Connection, *observations: Observation) -> list[int]:
    return write_observations(connection, Bodies(), observations)


def outcomes(connection: sa.Connection) -> Sequence[Outcome]:
    codes = connection.scalars(sa.select(capture.c.outcome).order_by(capture.c.at, capture.c.id))
    return [OUTCOME_NAMES[code] for code in codes]


def test_ids_come_back_in_the_order_asked_for(connection: sa.Connection) -> None:
    late, early = make.observation(1, 9, b"late"), make.observation(1, 1, b"early")
    first = write(connection, late, early)
    assert write(connection, early, late, early) == [first[1], first[0], first[1]]


def test_raw_bytes_equal_to_the_text_are_not_kept_twice(connection: sa.Connection) -> None:
    write(connection, make.observation(1, 1, b"text", raw=b"text"), make.observation(1, 2, b"text", raw=b"<p>text"))
    assert connection.scalars(sa.select(body.c.size).order_by(body.c.size)).all() == [4, 7]


def test_two_at_one_instant_stand_as_they_came(connection: sa.Connection) -> None:
    write(connection, make.observation(1, 1, b"first"))
    write(connection, make.observation(1, 1, b"second"), make.observation(1, 1, b"third"))
    write(connection, make.observation(1, 1, b"third", source="another"))
    assert outcomes(connection) == [Outcome.NEW, Outcome.NEW, Outcome.NEW, Outcome.UNCHANGED]


def test_a_run_of_absences_behind_a_new_text_is_decided_to_its_end(connection: sa.Connection) -> None:
    write(connection, *(make.observation(1, n, None) for n in range(5, 400)), make.observation(1, 500, b"text"))
    assert set(outcomes(connection)) == {Outcome.FAILED, Outcome.NEW}
    write(connection, make.observation(1, 1, b"text"))
    assert outcomes(connection) == [Outcome.NEW, Outcome.NEW, *[Outcome.UNCHANGED] * 394, Outcome.NEW]


def test_attempts_that_differ_only_in_their_reason_are_two(connection: sa.Connection) -> None:
    one, two = (Attempt(make.attempt(1, 1, Outcome.FAILED, why)) for why in ("timed out", "refused"))
    ids = write_attempts(connection, Bodies(), [one, two, one])
    assert ids[0] == ids[2] != ids[1]


def test_texts_are_replaced_only_where_a_text_was_seen(connection: sa.Connection) -> None:
    seen, gone = write(connection, make.observation(1, 1, b"text"), make.observation(1, 2, None))
    replace_texts(connection, Bodies(), 1, {seen: b"other", gone: b"other"}, "html-2")
    bodies = connection.execute(sa.select(capture.c.id, capture.c.body).order_by(capture.c.id)).all()
    assert bodies[0].body == connection.scalar(sa.select(body.c.id).where(body.c.size == 5))
    assert bodies[1].body is None
    assert outcomes(connection) == [Outcome.NEW, Outcome.NEW]


def test_a_batch_takes_the_same_number_of_queries_for_many_documents(connection: sa.Connection) -> None:
    asked: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    write(connection, make.observation(1, 1, b"a"))
    few = len(asked)
    asked.clear()
    write(connection, *(make.observation(1, n, b"%d" % n) for n in range(2, 60)))
    assert len(asked) <= few + 2


def test_neighbours_are_found_through_the_histories_indexes(connection: sa.Connection) -> None:
    asked: list[tuple[str, object]] = []

    def keep(_c: object, _u: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        asked.append((statement, parameters))

    write(connection, make.observation(1, 1, b"a"), make.observation(1, 5, b"a"))
    sa.event.listen(connection, "before_cursor_execute", keep)
    write(connection, make.observation(1, 3, b"b"))
    sa.event.remove(connection, "before_cursor_execute", keep)
    reads = [
        each for each in asked if "capture.shift" in each[0] and "IN (SELECT" not in each[0] and each[0][:6] == "SELECT"
    ]
    plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all()) for s, p in reads]  # type: ignore[arg-type]
    assert len(plans) >= 4
    assert not [plan for plan in plans if "SCAN capture" in plan]
    assert sum("capture_repeat" in plan for plan in plans) == 2
    assert sum("capture_version" in plan for plan in plans) == 2
