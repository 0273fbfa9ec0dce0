from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.policy.rulebook import read_rulebook
from tests.policy.books import CITE, CONTROLS, FLOWS, book, claude, rule, write

if TYPE_CHECKING:
    from pathlib import Path

GOOD = rule("good")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (GOOD + GOOD, "the id is taken"),
        (GOOD.replace('flow = "metrics"', 'flow = "nothing"'), "unknown flow 'nothing'"),
        (rule("r", when='"env.NOPE" = "on"'), "unknown fact 'env.NOPE'"),
        (rule("r", then='colour = "red"'), "unknown aspect 'colour'"),
        (rule("r", then=""), "decides nothing"),
        (
            GOOD.replace("since = 2026-01-01", "since = 2026-01-01\nuntil = 2025-01-01"),
            "until 2025-01-01 is not after since",
        ),
        (GOOD.replace(CITE, ""), "cites nothing"),
        (rule("r", more='basis = "rumour"'), "basis must be one of"),
        (rule("r", more='supersedes = ["r"]'), "in a circle"),
        (rule("a", more='supersedes = ["b"]') + rule("b", more='supersedes = ["a"]'), "in a circle"),
        (rule("r", more='supersedes = ["gone"]'), "supersedes unknown rule 'gone'"),
        (rule("r", when="provider = 3"), "when.provider must be a word"),
        (rule("r", more="colour = 1"), "unknown field `colour`"),
        (GOOD.replace("since = 2026-01-01", 'since = "soon"'), "at `$.since`"),
        ("[[rule", "cannot be read"),
        ("rule = 3", "must be a list of tables"),
    ],
)
def test_a_malformed_pack_is_refused_naming_file_and_rule(tmp_path: Path, rules: str, said: str) -> None:
    with pytest.raises(CarnetError) as refused:
        read_rulebook("agent", write(tmp_path, rules))
    assert said in str(refused.value)
    assert "all.toml" in str(refused.value)


def test_a_control_that_is_read_in_an_unknown_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match=r"control env\.OFF: reads must be"):
        read_rulebook("agent", write(tmp_path, GOOD, CONTROLS.replace('"nonempty"', '"sometimes"')))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, GOOD, flows=FLOWS)
    (folder / "flows.toml").unlink()
    with pytest.raises(CarnetError, match=r"flows\.toml"):
        read_rulebook("agent", folder)


def test_days_between_two_changes_share_an_epoch() -> None:
    rules = claude()
    for first, last in zip(rules.changes, rules.changes[1:], strict=False):
        assert rules.epoch(first) == first
        assert rules.epoch(last.fromordinal(last.toordinal() - 1)) == first


def test_every_rule_of_the_pack_decides_a_context_and_every_flow_has_rules() -> None:
    rules = claude()
    assert {flow.id for flow in rules.flows} == {rule.flow for rule in rules.rules}


def test_a_rule_of_carnet_s_own_needs_no_citation(tmp_path: Path) -> None:
    own = rule("own", more='basis = "own"').replace(CITE, "")
    assert [(one.basis, one.cites) for one in book(tmp_path, own).rules] == [("own", ())]
