"""The rules are asked with what is set now: a changed variable at once, a changed file in bounded time."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest

from carnet.agent import Agent, Naming, SurveyRateError, Where
from carnet.agent.reporting.live import FLOWS, Live
from carnet.errors import CarnetError, NotFoundError
from tests.agent.reporting.ground import FOUNDING, Ground, agent

if TYPE_CHECKING:
    from pathlib import Path


def live(ground: Ground, **given: object) -> Live:
    who = given.pop("agent", None) or agent()
    assert isinstance(who, Agent)
    return Live(who, ground.where(), recheck=given.pop("recheck", 0), **given)  # type: ignore[arg-type]


def on(ground: Ground, **given: object) -> set[str]:
    return set(live(ground, **given).look().on)


def test_with_the_vendors_api_everything_is_on_but_the_share_that_nothing_was_said_of(ground: Ground) -> None:
    assert on(ground) == {"metrics", "errors", "survey", "feedback"}


def test_what_no_document_says_is_off(ground: Ground) -> None:
    ground.environ["ANTHROPIC_BASE_URL"] = "http://gateway.example"

    assert on(ground) == {"survey"}


def test_a_variable_counts_at_once(ground: Ground) -> None:
    watched = live(ground, recheck=3600)
    assert watched.allows("metrics")

    ground.environ["DISABLE_TELEMETRY"] = "1"

    assert not watched.allows("metrics")
    assert watched.allows("errors")


def test_a_variable_of_the_process_itself_counts_at_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ground.where()
    watched = Live(agent(), Where(where.home, where.project, where.managed), recheck=3600)
    assert watched.allows("errors")

    monkeypatch.setenv("DISABLE_ERROR_REPORTING", "1")
    assert not watched.allows("errors")
    monkeypatch.delenv("DISABLE_ERROR_REPORTING")
    assert watched.allows("errors")
    monkeypatch.setenv("CLAUDE_CODE_USE_VERTEX", "1")
    assert not watched.allows("errors")


def test_a_settings_file_counts_once_the_time_is_up_and_not_before(ground: Ground) -> None:
    clock = [0.0]
    watched = live(ground, recheck=1.0, clock=lambda: clock[0])
    assert watched.allows("metrics")
    ground.settings({"env": {"DISABLE_TELEMETRY": "1"}})

    clock[0] = 0.9
    assert watched.allows("metrics")
    clock[0] = 1.0
    assert not watched.allows("metrics")


@pytest.mark.parametrize(
    "place",
    [
        "home/.claude/settings.json",
        "project/.claude/settings.json",
        "project/.claude/settings.local.json",
        "managed/managed-settings.json",
        "managed/managed-settings.d/10-privacy.json",
    ],
)
def test_every_layer_counts(ground: Ground, place: str) -> None:
    watched = live(ground)
    assert watched.allows("metrics")

    ground.settings({"env": {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}}, place)

    assert [flow for flow in FLOWS if watched.allows(flow)] == []


def test_a_file_that_is_changed_and_looks_the_same_is_read_again(ground: Ground) -> None:
    path = ground.settings({"env": {"DISABLE_TELEMETRY": ""}})
    watched = live(ground)
    assert watched.allows("metrics")
    before = path.stat()

    path.write_text(path.read_text("utf-8").replace('""', '"1"').replace(": ", ":", 1), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert path.stat().st_size == before.st_size
    assert not watched.allows("metrics")


def test_files_that_rest_are_not_read_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.agent.reporting.live.YOUNG", 0)
    ground.settings({"env": {}})
    watched = live(ground)
    first = watched.look()

    assert watched.look() is first


@pytest.mark.parametrize("text", ["{", '{"cleanupPeriodDays": 0}', '{"permissions": {"allow": "all"}}'])
def test_a_file_that_does_not_count_leaves_everything_off(ground: Ground, text: str) -> None:
    path = ground.settings(text)
    found = live(ground).look()

    assert found.on == frozenset()
    assert str(path) in found.why


def test_a_file_that_may_not_be_read_leaves_everything_off(ground: Ground) -> None:
    path = ground.settings({"env": {"DISABLE_TELEMETRY": "1"}}, "managed/managed-settings.json")
    path.unlink()
    path.mkdir()

    assert live(ground).look().on == frozenset()


def test_a_machine_that_cannot_be_read_at_all_sends_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("carnet.agent.reporting.live.read_machine", broken)
    watched = live(ground)

    assert not watched.allows("metrics")
    assert watched.look().why == "nothing could be read: RuntimeError"


def test_the_rules_of_another_day(ground: Ground) -> None:
    later = Agent("x", as_of=date(2026, 8, 22))
    assert on(ground, agent=later) == {"metrics", "survey", "feedback", "transcript-share"}
    told = Agent("x", as_of=date(2026, 8, 22), facts={"tier": "max", "client_version": "2.1.300"})
    assert "errors" in on(ground, agent=told)


def test_do_not_track_counts_from_the_day_it_was_documented(ground: Ground) -> None:
    ground.environ["DO_NOT_TRACK"] = "1"

    assert "metrics" in on(ground)
    assert "metrics" not in on(ground, agent=Agent("x", as_of=date(2026, 8, 22)))


def test_what_only_the_own_collector_may_have_goes_to_no_other(ground: Ground) -> None:
    ground.environ |= {"DISABLE_TELEMETRY": "1", "CLAUDE_CODE_ENABLE_FEEDBACK_SURVEY_FOR_OTEL": "1"}
    later = Agent("x", as_of=date(2026, 8, 22))

    assert "survey" not in on(ground, agent=later)
    assert "survey" in on(ground, agent=later, whose="organisation")


def test_zero_data_retention_sends_no_feedback(ground: Ground) -> None:
    assert "feedback" not in on(ground, agent=agent({"tier": "enterprise", "org.zdr": True}))


def test_other_names_count_and_the_packs_do_not(ground: Ground) -> None:
    naming = Naming({"DISABLE_TELEMETRY": "TESTER_QUIET"}, {"feedbackSurveyRate": "askRate"}, ".tester")
    watched = live(ground, agent=agent(naming=naming))
    ground.environ["DISABLE_TELEMETRY"] = "1"
    assert watched.allows("metrics")
    ground.settings({"env": {"DISABLE_ERROR_REPORTING": "1"}, "askRate": 0}, "home/.tester/settings.json")
    assert not watched.allows("errors")
    assert not watched.allows("survey")

    ground.environ["TESTER_QUIET"] = "1"
    assert not watched.allows("metrics")


def test_a_fact_that_is_none_is_told_to_the_programmer(ground: Ground) -> None:
    with pytest.raises(CarnetError, match="tierr: unknown fact"):
        live(ground, agent=agent({"tierr": "max"}))
    with pytest.raises(NotFoundError, match="no pack 'nobody'"):
        live(ground, agent=Agent("x", pack="nobody"))


@pytest.mark.parametrize(("given", "rate"), [(None, 0.25), (0, 0.0), (1, 1.0), (0.5, 0.5)])
def test_the_survey_rate_of_the_settings(ground: Ground, given: float | None, rate: float) -> None:
    if given is not None:
        ground.settings({"feedbackSurveyRate": given})

    assert live(ground, agent=Agent("x", as_of=FOUNDING, survey_rate=0.25)).survey_rate() == rate


@pytest.mark.parametrize("text", ["-1", "1.5", '"half"', "true", "[]"])
@pytest.mark.parametrize("place", ["home/.claude/settings.json", "managed/managed-settings.json"])
def test_a_survey_rate_that_is_none_is_named_with_its_file(ground: Ground, text: str, place: str) -> None:
    path = ground.settings(f'{{\n"feedbackSurveyRate": {text}}}', place)

    with pytest.raises(SurveyRateError, match="between 0 and 1") as told:
        live(ground).survey_rate()
    assert f"{path}:2" in str(told.value)


def test_a_home_that_moves_is_noticed(ground: Ground, tmp_path: Path) -> None:
    where = ground.where()
    ground.environ["HOME"] = str(tmp_path / "home")
    watched = Live(agent(), Where(None, where.project, where.managed, ground.environ), recheck=0)
    assert watched.allows("metrics")
    Ground(tmp_path / "other").settings({"env": {"DISABLE_TELEMETRY": "1"}})

    ground.environ["HOME"] = str(tmp_path / "other" / "home")

    assert not watched.allows("metrics")
