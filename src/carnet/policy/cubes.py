"""The smallest description of a set of contexts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

Conditions = tuple[tuple[str, tuple[str, ...]], ...]
"""(fact, classes) conditions that all hold; a fact that may be anything is left out."""
Axes = Sequence[tuple[str, Sequence[tuple[str, ...]]]]
"""For each fact its name and its groups of classes; a point picks one group of each."""


def describe(points: Sequence[tuple[int, ...]], axes: Axes) -> tuple[Conditions, ...]:
    """Alternatives that together cover exactly these points, the largest first, each grown as far as it goes."""
    wanted = set(points)
    left = set(points)
    cubes: list[list[frozenset[int]]] = []
    while left:
        grown = max(
            (_grown(seed, axes, wanted, backwards) for seed in _seeds(left) for backwards in (1, -1)), key=_size
        )
        cubes.append(grown)
        left -= set(product(*grown))
    return tuple(_conditions(cube, axes) for cube in cubes)


def _seeds(left: set[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """A few starting points: trying them all would be exact and slow."""
    ordered = sorted(left)
    return [ordered[0], ordered[len(ordered) // 2], ordered[-1]]


def _size(cube: Sequence[frozenset[int]]) -> int:
    size = 1
    for side in cube:
        size *= len(side)
    return size


def _grown(seed: tuple[int, ...], axes: Axes, wanted: set[tuple[int, ...]], step: int) -> list[frozenset[int]]:
    cube = [frozenset([at]) for at in seed]
    for index in range(len(axes))[::step]:
        for at in range(len(axes[index][1])):
            wider = [*cube[:index], frozenset([at]), *cube[index + 1 :]]
            if at not in cube[index] and all(point in wanted for point in product(*wider)):
                cube[index] |= {at}
    return cube


def _conditions(cube: Sequence[frozenset[int]], axes: Axes) -> Conditions:
    return tuple(
        (name, tuple(one for at in sorted(side) for one in groups[at]))
        for (name, groups), side in zip(axes, cube, strict=True)
        if len(side) < len(groups)
    )
