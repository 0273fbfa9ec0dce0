from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from carnet.policy.cubes import describe

AXES = [("a", (("x",), ("y", "z"))), ("b", (("0",), ("1",), ("2",))), ("c", (("on",), ("off",)))]
POINTS = list(product(range(2), range(3), range(2)))


@given(points=st.sets(st.sampled_from(POINTS), min_size=1))
def test_a_description_covers_exactly_the_points(points: set[tuple[int, ...]]) -> None:
    covered = set()
    for conditions in describe(sorted(points), AXES):
        wanted = dict(conditions)
        covered |= {
            point
            for point in POINTS
            if all(
                name not in wanted or set(groups[at]) <= set(wanted[name])
                for (name, groups), at in zip(AXES, point, strict=True)
            )
        }
    assert covered == points


def test_all_points_need_no_condition() -> None:
    assert describe(POINTS, AXES) == ((),)


def test_a_fact_that_may_be_anything_is_left_out() -> None:
    assert describe([(1, 0, 0), (1, 0, 1)], AXES) == ((("a", ("y", "z")), ("b", ("0",))),)
