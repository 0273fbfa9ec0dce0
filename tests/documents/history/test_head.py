from __future__ import annotations

import pytest

from carnet.documents.history.head import only_branch
from carnet.errors import CarnetError


@pytest.mark.parametrize(
    ("branches", "chosen"),
    [
        ({"refs/heads/odd"}, "refs/heads/odd"),
        ({"refs/heads/odd", "refs/heads/main"}, "refs/heads/main"),
        ({"refs/heads/odd", "refs/heads/master"}, "refs/heads/master"),
    ],
)
def test_the_only_branch_or_the_usual_one_is_read(branches: set[str], chosen: str) -> None:
    assert only_branch(branches, "x") == chosen


def test_several_branches_are_named() -> None:
    with pytest.raises(CarnetError, match=r"several branches \(a, b\)"):
        only_branch({"refs/heads/a", "refs/heads/b"}, "x")


def test_no_branch_is_an_empty_repository() -> None:
    with pytest.raises(CarnetError, match="empty git repository"):
        only_branch(set(), "x")
