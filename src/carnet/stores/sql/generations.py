"""A number that grows with every change that decides about records: whoever decided before must decide again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.stores.sql.direct import Statement

if TYPE_CHECKING:
    from carnet.stores.sql.direct import Direct

GENERATION = "generation"
"""Of the fact."""
_FACT = Statement("catalogue.fact")
_CHANGE_FACT, _ADD_FACT = Statement("catalogue.change_fact"), Statement("catalogue.add_fact")


def generation(direct: Direct) -> int:
    return int(_FACT.value(direct, GENERATION) or 0)


def grow(direct: Direct) -> None:
    write_fact(direct, GENERATION, str(generation(direct) + 1))


def write_fact(direct: Direct, key: str, value: str) -> None:
    """A small named value of the catalogue, new or not."""
    if _CHANGE_FACT.run(direct, value, key).rowcount == 0:
        _ADD_FACT.run(direct, key, value)
