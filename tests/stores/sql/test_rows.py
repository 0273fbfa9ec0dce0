from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carnet.model.document import Media
from carnet.stores.sql.rows import document_row, headers_text, to_document, to_headers
from carnet.stores.sql.tables import document
from tests import make

if TYPE_CHECKING:
    from carnet.model.document import Document


@pytest.mark.parametrize(
    "noun",
    [
        make.document("plain", "b"),
        make.document(
            "full",
            "b",
            media=Media.PDF,
            every=timedelta(microseconds=1),
            filters=("a", "b"),
            browser=True,
            watched=True,
            example=True,
        ),
    ],
)
def test_a_document_survives_its_row(connection: sa.Connection, noun: Document) -> None:
    connection.execute(sa.insert(document), document_row(noun))
    row = connection.execute(sa.select(document).where(document.c.collection == "b")).one()
    assert to_document(row) == replace(noun, id=row.id)


@pytest.mark.parametrize("headers", [(), (("ETag", "x"), ("ETag", "y")), (("X", "\udcff\0ü"),)])
def test_headers_come_back_in_their_order(headers: tuple[tuple[str, str], ...]) -> None:
    assert to_headers(headers_text(headers)) == headers
