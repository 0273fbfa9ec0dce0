"""A pack in another agent's words."""

from __future__ import annotations

import pytest

from carnet.agent import Naming
from carnet.agent.reporting.naming import renamed, translated
from carnet.errors import CarnetError
from carnet.model.machine import Located, Machine
from tests.agent.homes import claude


def test_no_names_change_nothing() -> None:
    layout, machine = claude(), Machine({}, {}, ())

    assert renamed(layout, Naming()).files == layout.files
    assert translated(machine, Naming()) is machine


def test_folders_switches_and_trust_follow() -> None:
    own = renamed(
        claude(),
        Naming(
            {"CLAUDE_CODE_USE_VERTEX": "T_VERTEX", "DISABLE_TELEMETRY": "T_QUIET", "CLAUDE_CONFIG_DIR": "T_DIR"},
            {},
            ".t",
            "/etc/t",
        ),
    )

    assert (own.files.folder, own.files.project, own.files.local) == (
        ".t",
        ".t/settings.json",
        ".t/settings.local.json",
    )
    assert (own.files.folder_variable, own.files.state, own.files.program) == ("T_DIR", ".t.json", "")
    assert {system.managed for system in own.systems.values()} == {"/etc/t"}
    assert own.provider.switches["T_VERTEX"] == "vertex"
    assert "CLAUDE_CODE_USE_VERTEX" not in own.provider.switches
    assert "T_QUIET" in own.environment
    assert "T_QUIET" in own.trust.safe
    assert "T_VERTEX" not in own.trust.safe


@pytest.mark.parametrize("naming", [Naming({"DISABLE_TELEMTRY": "X"}), Naming(keys={"surveyRate": "x"})])
def test_a_name_that_the_pack_does_not_have_is_refused(naming: Naming) -> None:
    with pytest.raises(CarnetError, match="the pack knows no"):
        renamed(claude(), naming)


def test_what_was_read_is_put_back_into_the_packs_words() -> None:
    one = Located("1", "process")
    machine = Machine({"askRate": one}, {"T_QUIET": one, "DISABLE_TELEMETRY": one, "OTHER": one}, ())

    found = translated(machine, Naming({"DISABLE_TELEMETRY": "T_QUIET"}, {"feedbackSurveyRate": "askRate"}))

    assert found.env == {"DISABLE_TELEMETRY": one, "OTHER": one}
    assert found.settings == {"feedbackSurveyRate": one}
