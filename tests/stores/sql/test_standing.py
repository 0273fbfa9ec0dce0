"""How standing is read; what it means is in test_contract.py."""

from __future__ import annotations

import sqlalchemy as sa

from carnet.stores.sql.bodies import Bodies
from carnet.stores.sql.recording import write_observations
from carnet.stores.sql.rows import document_row
from carnet.stores.sql.standing import standing
from carnet.stores.sql.tables import document
from tests import make


def test_more_documents_than_one_query_takes_are_all_read(connection: sa.Connection) -> None:
    for number in range(300):
        connection.execute(sa.insert(document), document_row(make.document(f"page-{number}")))
    write_observations(connection, Bodies(), [make.observation(number, number) for number in range(1, 302)])
    found = standing(connection, range(1, 302))
    assert sorted(found) == list(range(1, 302))
    assert all(capture is not None and version is not None for capture, version in found.values())
    assert found[300][1] is not None
    assert found[300][1].at == make.at(300)


def test_no_documents_need_no_query(connection: sa.Connection) -> None:
    assert standing(connection, []) == {}
