"""Shapes put together: what passes and what is counted is what a walk without any memory says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.gateway.intake.allow import Sieve, allow_of
from carnet.gateway.intake.prints import Prints
from carnet.gateway.intake.sifting import LONGEST_NAMES, MOST_ELEMENTS, MOST_PLANS, Naming, Plans
from carnet.gateway.intake.words import CHECKS

if TYPE_CHECKING:
    from carnet.gateway.intake.sifting import Shape

SHAPE: dict[str, Any] = {
    "a": "number", "b": {"c": "word", "vars": "flag"}, "d": [{"module": "vendor", "e": "id"}], "p": "print",
}  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c", "d", "e", "p", "vars", "module", "prompt", "x y", "value"])
LEAVES = st.none() | st.integers() | st.booleans() | st.sampled_from(["word", "carnet.web", "/home/ann", "a" * 32, ""])
VALUES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=5), max_leaves=30
)


def sieve() -> Sieve:
    return Sieve(allow_of(), Prints.under(b"k" * 32))


def walked(shape: Shape, value: object, path: str, of: Sieve, away: Counter[str]) -> object:
    """The same, one field after the other."""
    found: Any = None
    if isinstance(shape, str) and shape in {"vendor", "print"}:
        ours = of.allow.vendor(value) if shape == "vendor" else None
        found = of.prints.of(value) if shape == "print" and isinstance(value, str) else ours
    elif isinstance(shape, str):
        found = CHECKS[shape](value)
    elif isinstance(shape, list) and isinstance(value, list):
        away[f"{path}[]"] += max(0, len(value) - MOST_ELEMENTS)
        below = [walked(shape[0], one, f"{path}[]", of, away) for one in value[:MOST_ELEMENTS]]
        return [one for one in below if one is not None]
    elif isinstance(shape, dict) and isinstance(value, dict):
        found = {}
        for key, one in value.items():
            if key not in shape:
                away[f"{path}.{key if key in of.allow.drop else '*'}"] += 1
            elif (let := walked(shape[key], one, f"{path}.{key}", of, away)) is not None:
                found[key] = let
        return found
    if found is None and value is not None:
        away[path] += 1
    return found


@given(st.lists(VALUES, min_size=1, max_size=4))
@settings(max_examples=150)
def test_it_is_what_a_walk_says(values: list[object]) -> None:
    one, away = sieve(), Counter[str]()
    keep = one.allow.keep(SHAPE, "t")
    for value in [*values, *values]:
        assert keep(value, one) == walked(SHAPE, value, "t", one, away)
    assert one.dropped == +away


def test_counting_goes_on_after_it_was_read() -> None:
    one = sieve()
    for number in (1, 2, 3):
        one.kept(SHAPE, {"prompt": 1, "x": 2, "y": 3}, "t")
        assert one.dropped == {"t.prompt": number, "t.*": 2 * number}


@pytest.mark.parametrize(("name", "kept"), [("{}", MOST_PLANS), ("n" * LONGEST_NAMES + "{}", 0)])
def test_names_nobody_sends_twice_do_not_fill_the_memory(name: str, kept: int) -> None:
    plans = Plans({"a": "number"}, "t", Naming(frozenset(), sieve().allow.vendor))
    for number in range(2 * MOST_PLANS):
        plan = plans[name.format(number), "a"]
        assert [leaf[0] for leaf in plan.leaves] == ["a"]
        assert plan.dropped is not None
        assert plan.dropped.paths == {"t.*": 1}
        assert len(plans) <= kept
