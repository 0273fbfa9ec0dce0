"""What is against what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.want_compare import UNKNOWN, compare_want
from carnet.errors import CarnetError
from carnet.model.want import Want
from tests.agent.homes import Home, user

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.finding import Finding


def _compared(made: Home, **wanted: object) -> list[Finding]:
    view = made.view()
    want = Want("want.toml", **wanted)  # type: ignore[arg-type]
    return compare_want(want, view.verdicts, view.machine, view.tables.rulebook.controls)


def test_what_is_as_wanted_is_no_finding(tmp_path: Path) -> None:
    made = user(tmp_path, env={"DISABLE_TELEMETRY": "1"})

    assert _compared(made, flows={"metrics": ("off",), "domain-check": ("on",)}) == []


def test_a_flow_that_is_not_as_wanted_names_its_control(made: Home) -> None:
    (found,) = _compared(made, flows={"domain-check": ("off",)})

    assert (found.id, found.flows, found.key) == ("want.flow", ("domain-check",), "settings.skipWebFetchPreflight")
    assert "Set skipWebFetchPreflight: true" in found.fix
    assert found.where == str(made.path("user"))


def test_a_flow_wanted_on_names_where_it_is_turned_off(tmp_path: Path) -> None:
    made = user(tmp_path, skipWebFetchPreflight=True)

    (found,) = _compared(made, flows={"domain-check": ("on",)})

    assert found.where == f"{made.path('user')}:2"
    assert "Remove skipWebFetchPreflight" in found.fix


def test_a_flow_that_cannot_be_told_is_a_finding_of_its_own(made: Home) -> None:
    (found,) = _compared(made, flows={"errors": ("off",)})

    assert found.id == UNKNOWN
    assert "tier" in found.title or "credential" in found.title or "client_version" in found.title


def test_an_unknown_flow_is_refused(made: Home) -> None:
    with pytest.raises(CarnetError, match=r"want\.toml: flows\.metrix is no flow"):
        _compared(made, flows={"metrix": ("off",)})


def test_recipients_retention_and_training_are_held_against_what_leaves(made: Home) -> None:
    made.facts = {"tier": "pro", "model_improvement": "on"}

    found = _compared(made, recipients=("anthropic",), retention="days30", training=False)

    told = {(one.id, one.flows[0]) for one in found}
    assert ("want.training", "inference") in told
    assert ("want.retention", "inference") in told
    assert ("want.recipient", "updates") in told
    assert ("want.recipient", "inference") not in told
    assert not any(one.flows == ("local-transcripts",) for one in found)


@pytest.mark.parametrize(("kept", "wanted", "findings"), [(7, 14, 0), (30, 14, 1), (None, 14, 1), (None, 30, 0)])
def test_the_longest_local_time_is_held_against_the_period(
    tmp_path: Path, kept: int | None, wanted: int, findings: int
) -> None:
    made = user(tmp_path, **({} if kept is None else {"cleanupPeriodDays": kept}))

    assert [one.id for one in _compared(made, local_days=wanted)] == ["want.local-days"] * findings


def test_hosts_that_are_not_allowed_are_found_where_they_are_named(tmp_path: Path) -> None:
    made = user(tmp_path, env={"ANTHROPIC_BASE_URL": "https://gate.corp.test:8443/x"})

    assert _compared(made, hosts=("*.corp.test",)) == []
    (found,) = _compared(made, hosts=("api.anthropic.com",))
    assert found.id == "want.host"
    assert "gate.corp.test" in found.title


@pytest.mark.parametrize("value", [True, "1", 0, None])
def test_settings_are_compared_as_json_has_them(tmp_path: Path, value: object) -> None:
    made = user(tmp_path, **({} if value is None else {"someKey": value}))

    assert len(_compared(made, settings={"someKey": 1})) == 1
    assert _compared(user(tmp_path, someKey=1), settings={"someKey": 1}) == []


def test_a_secret_that_is_wanted_otherwise_is_not_told(tmp_path: Path) -> None:
    made = user(tmp_path, env={"ANTHROPIC_API_KEY": "sk-invented-and-long"})

    (found,) = _compared(made, env={"ANTHROPIC_API_KEY": "sk-another-and-long"})

    assert "invented" not in found.title
    assert "another" not in found.title
