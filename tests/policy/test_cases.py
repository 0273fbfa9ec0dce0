from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.packs import named
from carnet.policy.cases import failures, read_cases
from carnet.policy.rulebook import rulebook
from tests.policy.books import DAY, book, rule

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    (folder / "cases").mkdir(parents=True)
    (folder / "cases" / "all.toml").write_text(text)
    return folder


@pytest.mark.parametrize(("pack", "cells"), [("claude-code", 150), ("codex", 9), ("carnet", 150)])
def test_every_cell_of_a_packs_cases_comes_out(pack: str, cells: int) -> None:
    cases = read_cases(named(pack).folder)
    assert failures(cases, rulebook(named(pack)), DAY) == []
    assert sum(len(case.expected) for case in cases) > cells


def test_an_expectation_that_fails_is_named_with_what_is_so(tmp_path: Path) -> None:
    text = (
        'as_of = 2026-05-01\n[[case]]\nname = "wrong"\ncontext = {}\nverdicts = { metrics = "off", nothing = "on" }\n'
    )
    found = failures(read_cases(written(tmp_path, text)), book(tmp_path, rule("default")), DAY)
    assert "metrics verdict should be off, is on" in found[0]
    assert "is no such flow" in found[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case]]\ncontext = {}\n", "give as_of"),
        ("as_of = 2026-05-01\ncase = 3\n", "give as_of"),
        ("as_of = 2026-05-01\n[[case]]\nname = 'x'\n", "case 1"),
        ("as_of = 2026-05-01\n[[case]]\ncontext = {}\nverdicts = {}\ncolour = 1\n", "unknown key 'colour'"),
        ("as_of = ", "cannot be read"),
    ],
)
def test_a_malformed_case_is_refused_naming_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CarnetError, match=r"all\.toml") as refused:
        read_cases(written(tmp_path, text))
    assert said in str(refused.value)
