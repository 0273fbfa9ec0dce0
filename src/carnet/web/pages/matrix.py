"""Service by provider, for any date and any controls: the founding page's table, with each cell explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.web.asking import is_plain, read_asked
from carnet.web.cells import answer, cell
from carnet.web.fields import facts_of, fields
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.wording import VERDICTS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.flow import Flow
    from carnet.web.asking import Asked
    from carnet.web.cells import Cell

COLUMN = "provider"
"""The fact whose values are the columns, unless the pack's words name another."""


@dataclass(frozen=True, slots=True)
class Column:
    """One provider, or one value of another fact."""

    id: str
    title: str
    chosen: str
    """What chooses it: `CLAUDE_CODE_USE_BEDROCK=1`."""
    asked: Asked
    here: bool
    """True when the context asked for names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One service."""

    flow: Flow
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All services with all providers."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def matrix(request: Request) -> Response:
    """`/matrix` and its JSON twin."""
    asked = read_asked(request.query_params, site_of(request).today())
    if asks_json(request):
        return as_json(request, matrix_answer(asked, read_matrix(asked)))
    if not is_plain(request.query_params):
        return RedirectResponse(f"/matrix?{asked.query()}", 303)
    return page(
        request,
        "matrix.html",
        {
            "asked": asked,
            "matrix": read_matrix(asked),
            "groups": fields(asked, [fact for fact in facts_of(asked) if fact != column_of(asked)]),
            "verdicts": VERDICTS,
            "meanings": asked.words.meanings(),
        },
    )


def read_matrix(asked: Asked) -> Matrix:
    """The matrix of a context; its own provider only marks a column."""
    fact = column_of(asked)
    control = asked.book.by_fact.get(fact)
    names = control.classes if control else ("",)
    columns = tuple(_column(asked, fact, name) for name in names)
    return Matrix(
        columns, tuple(Row(flow, tuple(cell(one.asked, flow) for one in columns)) for flow in asked.book.flows)
    )


def column_of(asked: Asked) -> str:
    """The fact whose values are the columns of this pack's matrix."""
    return asked.words.said("matrix-by", COLUMN)


def _column(asked: Asked, fact: str, name: str) -> Column:
    words = asked.words
    here = bool(name) and asked.given.get(fact) == name
    return Column(
        name,
        words.title(fact, name),
        words.chosen(fact, name),
        asked.asking({fact: name}) if name else asked,
        here,
    )


def matrix_answer(asked: Asked, found: Matrix) -> dict[str, object]:
    return {
        "pack": asked.pack.id,
        "as_of": asked.day.isoformat(),
        "context": dict(asked.given),
        "by": column_of(asked),
        "providers": [{"id": one.id, "title": one.title, "chosen": one.chosen} for one in found.columns],
        "flows": [
            {
                "flow": row.flow.id,
                "title": row.flow.title,
                "providers": {one.id: answer(member) for one, member in zip(found.columns, row.cells, strict=True)},
            }
            for row in found.rows
        ],
    }
