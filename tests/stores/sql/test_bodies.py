from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.errors import NotFoundError
from carnet.stores.sql.bodies import EMPTY, Bodies
from carnet.stores.sql.tables import CANONICAL, RAW, body

if TYPE_CHECKING:
    from collections.abc import Sequence


def history(length: int) -> list[bytes]:
    chance, text, texts = random.Random(length), bytearray(random.Random(1).randbytes(3000)), []
    for _ in range(length):
        text[chance.randrange(len(text))] = chance.randrange(256)
        texts.append(bytes(text))
    return texts


def written(connection: sa.Connection, texts: Sequence[bytes], kind: int = CANONICAL) -> list[int]:
    ids = Bodies().write(connection, kind, [(1, text) for text in texts])
    return [identity for identity in ids if identity is not None]


def test_bodies_read_back_whatever_is_at_hand(connection: sa.Connection) -> None:
    texts = history(200)
    ids = written(connection, texts)
    for chosen in ([199], [0], [127, 128], [5, 150, 60], list(range(200))):
        bodies = Bodies()
        assert dict(bodies.read_many(connection, [ids[n] for n in chosen])) == {ids[n]: texts[n] for n in chosen}
        assert bodies.read(connection, ids[chosen[0]]) == texts[chosen[0]]


def test_a_chain_goes_on_in_the_next_batch_of_another_process(connection: sa.Connection) -> None:
    texts = history(9)
    ids = [identity for start in (0, 3, 6) for identity in written(connection, texts[start : start + 3])]
    bases = connection.execute(sa.select(body.c.id, body.c.base).order_by(body.c.id)).all()
    assert [tuple(row) for row in bases] == list(zip(ids, [None, *ids[:-1]], strict=True))
    assert [Bodies().read(connection, identity) for identity in ids] == texts


def test_one_text_is_kept_once_and_its_raw_twin_apart(connection: sa.Connection) -> None:
    bodies = Bodies()
    first, none, again = bodies.write(connection, CANONICAL, [(1, b"text"), (1, None), (1, b"text")])
    [raw] = bodies.write(connection, RAW, [(1, b"text")])
    assert none is None
    assert first == again != raw
    assert bodies.write(connection, CANONICAL, [(1, b"text")]) == [first]


def test_a_text_is_found_by_digest_and_raw_bytes_are_not(connection: sa.Connection) -> None:
    written(connection, [b"text"])
    written(connection, [b"raw"], RAW)
    assert Bodies().text(connection, hashlib.sha256(b"text").digest()) == b"text"
    assert Bodies().text(connection, EMPTY) == b""
    with pytest.raises(NotFoundError):
        Bodies().text(connection, hashlib.sha256(b"raw").digest())


def test_a_digest_with_the_head_of_another_is_not_taken_for_it(connection: sa.Connection) -> None:
    written(connection, [b"text"])
    digest = hashlib.sha256(b"text").digest()
    with pytest.raises(NotFoundError):
        Bodies().text(connection, digest[:6] + bytes(26))
    assert Bodies().identities(connection, [digest[:6] + bytes(26)]) == {}


def test_a_digest_is_looked_up_in_its_index(connection: sa.Connection) -> None:
    statements: list[tuple[str, object]] = []

    def keep(_c: object, _u: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        statements.append((statement, parameters))

    sa.event.listen(connection.engine, "before_cursor_execute", keep)
    Bodies().identities(connection, [bytes(32)])
    sa.event.remove(connection.engine, "before_cursor_execute", keep)
    [(statement, parameters)] = statements
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
    assert "body_digest" in str(plan)
