"""The smallest change that makes the verdicts as wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carnet.agent.fix import Plan, plan
from carnet.model.want import Want
from carnet.packs import named
from carnet.policy.rulebook import rulebook
from tests.agent.homes import Home, user

if TYPE_CHECKING:
    from pathlib import Path

FLOWS = [flow.id for flow in rulebook(named("claude-code")).flows]


def _plan(made: Home, **wanted: object) -> Plan:
    view = made.view()
    return plan(view.tables, view.machine, view.context.facts, Want("want.toml", **wanted))  # type: ignore[arg-type]


def _changes(found: Plan) -> dict[str, object]:
    return {change.fact: change.value for change in found.changes}


def test_what_is_as_wanted_needs_no_change(tmp_path: Path) -> None:
    assert _plan(user(tmp_path, skipWebFetchPreflight=True), flows={"domain-check": ("off",)}) == Plan()


@pytest.mark.parametrize(
    ("flow", "fact", "value"),
    [
        ("survey", "env.CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY", "1"),
        ("domain-check", "settings.skipWebFetchPreflight", True),
        ("updates", "env.DISABLE_AUTOUPDATER", "1"),
        ("plugin-marketplace", "env.CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL", "1"),
        ("local-transcripts", "env.CLAUDE_CODE_SKIP_PROMPT_HISTORY", "1"),
        ("feature-flags", "env.DISABLE_GROWTHBOOK", "1"),
    ],
)
def test_a_flows_own_switch_is_taken_before_one_that_does_more(made: Home, flow: str, fact: str, value: object) -> None:
    found = _plan(made, flows={flow: ("off",)})

    if flow == "survey":
        assert list(_changes(found)) in ([fact], ["settings.feedbackSurveyRate"])
    else:
        assert _changes(found) == {fact: value}
    assert found.unreachable == ()


def test_side_effects_on_other_flows_are_named(made: Home) -> None:
    found = _plan(made, flows={"metrics": ("off",)})

    assert len(found.changes) == 1
    assert any("feature-flags becomes off" in effect.what for effect in found.effects)
    assert any("Remote Control" in effect.what for effect in found.effects)


def test_one_control_that_does_all_that_is_wanted_is_taken_before_many(made: Home) -> None:
    found = _plan(made, flows=dict.fromkeys(("metrics", "survey", "feature-flags"), ("off",)))

    assert len(found.changes) == 1


def test_a_flow_wanted_on_loses_what_turns_it_off(tmp_path: Path) -> None:
    found = _plan(user(tmp_path, skipWebFetchPreflight=True), flows={"domain-check": ("on",)})

    assert _changes(found) == {"settings.skipWebFetchPreflight": None}


def test_what_the_shell_sets_is_answered_by_the_settings(made: Home) -> None:
    made.environ = {"DISABLE_AUTOUPDATER": "1"}

    found = _plan(made, flows={"updates": ("on",)})

    assert list(_changes(found)) == ["env.DISABLE_AUTOUPDATER"]
    assert _changes(found)["env.DISABLE_AUTOUPDATER"] in {"", "0"}


def test_what_a_higher_layer_sets_is_out_of_reach_and_said_with_its_place(made: Home) -> None:
    made.write("managed", {"skipWebFetchPreflight": False})

    found = _plan(made, flows={"domain-check": ("off",)})

    assert found.changes == ()
    assert "managed-settings.json:2" in found.unreachable[0]


def test_what_no_control_changes_is_said(made: Home) -> None:
    found = _plan(made, flows={"inference": ("off",)})

    assert found.changes == ()
    assert "inference stays on (wanted off): no control" in found.unreachable[0]


def test_settings_the_policy_names_and_its_longest_days_are_changes(made: Home) -> None:
    found = _plan(made, local_days=7, settings={"someKey": 1}, env={"SOME_NAME": "x"})

    assert _changes(found) == {"settings.someKey": 1, "env.SOME_NAME": "x", "settings.cleanupPeriodDays": 7}


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.dictionaries(st.sampled_from(FLOWS), st.sampled_from(["on", "off"]), min_size=1, max_size=6))
def test_after_the_change_every_wanted_flow_is_as_wanted_or_named(tmp_path: Path, wanted: dict[str, str]) -> None:
    made = Home(tmp_path)
    made.write("user", {})
    found = _plan(made, flows={flow: (verdict,) for flow, verdict in wanted.items()})

    written: dict[str, object] = {"env": {}}
    for change in found.changes:
        family, _, name = change.fact.partition(".")
        (written["env"] if family == "env" else written)[name] = change.value  # type: ignore[index]
    made.write("user", written)
    after = {one.flow: one.verdict for one in made.view().verdicts}

    told = " ".join(found.unreachable)
    assert all(after[flow] == verdict or f"{flow} stays" in told for flow, verdict in wanted.items())
