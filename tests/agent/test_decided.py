"""What decided a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .homes import OLD

if TYPE_CHECKING:
    from carnet.agent.decided import Decided

    from .homes import Home


def _flow(made: Home, flow: str) -> Decided:
    return next(one for one in made.audit().decided if one.verdict.flow == flow)


def test_a_control_is_named_with_file_and_line(made: Home) -> None:
    path = made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})
    one = _flow(made, "metrics")

    assert one.verdict.verdict == "off"
    assert one.by.startswith("DISABLE_TELEMETRY=1")
    assert one.origins == (f"{path}:3",)
    assert one.kept == "-"


def test_the_shell_is_an_origin_too(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}

    assert _flow(made, "metrics").origins == ("environment",)


def test_it_is_said_where_nothing_else_turns_it_off(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})
    assert _flow(made, "metrics").by == "DISABLE_TELEMETRY=1; nothing else turns it off"
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}})
    assert "nothing else" not in _flow(made, "metrics").by


def test_a_provider_is_named_by_what_chose_it(made: Home) -> None:
    made.day = OLD
    path = made.write("user", {"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}})
    one = _flow(made, "metrics")

    assert one.verdict.verdict == "off"
    assert "CLAUDE_CODE_USE_BEDROCK=1" in one.by
    assert one.origins == (f"{path}:3",)


def test_a_default_names_what_turns_it_off(made: Home) -> None:
    made.day = OLD
    made.facts = {"tier": "api"}

    assert _flow(made, "errors").by == "default; DISABLE_ERROR_REPORTING=1 turns it off"
    assert _flow(made, "inference").by == "required"


def test_the_control_it_names_turns_it_off(made: Home) -> None:
    for one in made.audit().decided:
        if one.by.startswith("default; "):
            switch = one.by.removeprefix("default; ").removesuffix(" turns it off")
            name, _, value = switch.replace(": ", "=").partition("=")
            known = {"true": True, "0": 0, "1": "1"}[value]
            family = "settings" if ": " in switch else "env"
            made.facts = {f"{family}.{name}": known}
            assert _flow(made, one.verdict.flow).verdict.verdict == "off", switch
            made.facts = {}


def test_the_unknown_names_what_is_missing(made: Home) -> None:
    one = next(one for one in made.audit().decided if one.verdict.verdict == "unknown" and one.verdict.missing)

    assert "not known" in one.by
    assert one.named == ()


def test_the_local_period_is_shown_with_its_origin_or_as_the_default(made: Home) -> None:
    assert _flow(made, "local-transcripts").by == "cleanupPeriodDays=30 (default)"
    path = made.write("user", {"cleanupPeriodDays": 5})
    one = _flow(made, "local-transcripts")

    assert "cleanupPeriodDays=5" in one.by
    assert one.origins == (f"{path}:2",)


def test_no_secret_is_told(made: Home) -> None:
    made.write("user", {"env": {"ANTHROPIC_BASE_URL": "https://ada:hunter2@gw.test", "ANTHROPIC_API_KEY": "hunter2"}})

    assert "hunter2" not in " ".join(one.by for one in made.audit().decided)
