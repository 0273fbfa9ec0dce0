"""A machine as it would be with another text in one of its settings files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.agent.fix import Change
from carnet.agent.fix_proof import changed_text, machine_with, own_wishes, repairs
from carnet.errors import CarnetError
from carnet.model.finding import Finding
from carnet.model.machine import Machine, VoidFile
from carnet.model.want import Want
from tests.agent.homes import Home, claude, user

if TYPE_CHECKING:
    from pathlib import Path

OPT_OUT = {"DISABLE_TELEMETRY": "1"}


def _with(made: Home, layer: str, text: str) -> Machine:
    return machine_with(made.sources(), claude(), made.day, made.client, (made.path(layer), text))


def _finding(name: str, key: str) -> Finding:
    return Finding(name, "high", "It is so.", "settings.json:1", "Change it.", key=key)


def test_every_change_is_in_the_text_and_the_rest_stays_as_it_was() -> None:
    text = '{\n    "model": "x",\n    "env": {"A": "0"}\n}\n'
    changes = [Change("env.A", "1"), Change("env.B", "2"), Change("settings.a.b", True), Change("settings.model", None)]

    changed = changed_text(text, changes, "s.json")

    assert json.loads(changed) == {"env": {"A": "1", "B": "2"}, "a": {"b": True}}
    assert '\n    "env": {"A": "1", "B": "2"}' in changed


def test_false_zero_and_empty_are_values_not_removals() -> None:
    changes = [Change("settings.a", value=False), Change("settings.b", 0), Change("env.C", "")]

    assert json.loads(changed_text("{}", changes, "s.json")) == {"a": False, "b": 0, "env": {"C": ""}}


def test_no_changes_leave_the_text_byte_for_byte() -> None:
    text = '{ "model":\r\n"x" }'

    assert changed_text(text, [], "s.json") == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n"env": {', r"^s\.json:2: is no JSON"),
        ("[]", r"^s\.json:1: holds no JSON object"),
        ('{"env":\n{"A": "1",\n"A": "2"}}', r"^s\.json:3: gives env\.A twice"),
        ('{"env": "none"}', "env is no object"),
        ("", r"^s\.json:1: is no JSON"),
    ],
)
def test_a_text_that_cannot_be_changed_safely_is_refused_by_file_and_line(text: str, why: str) -> None:
    with pytest.raises(CarnetError, match=rf"{why}.*Nothing was changed"):
        changed_text(text, [Change("env.A", "1")], "s.json")


def test_the_key_that_voids_a_file_is_taken_away_and_the_rest_counts_again(tmp_path: Path) -> None:
    made = user(tmp_path, permissions="none", env=OPT_OUT)
    file = made.path("user")
    assert made.machine().env == {}

    mends = repairs(made.machine(), file)
    after = _with(made, "user", changed_text(file.read_text("utf-8"), mends, str(file)))

    assert mends == [Change("settings.permissions", None)]
    assert after.void_files == ()
    assert after.env["DISABLE_TELEMETRY"].value == "1"


def test_a_file_void_for_no_key_and_another_void_file_are_not_repaired(tmp_path: Path) -> None:
    broken = VoidFile(str(tmp_path / "a.json"), "is no JSON", "user", 1)
    other = VoidFile(str(tmp_path / "b.json"), "not a list", "project", 1, "permissions")

    machine = Machine({}, {}, (), (broken, other))

    assert repairs(machine, tmp_path / "a.json") == []
    assert repairs(machine, tmp_path / "b.json") == [Change("settings.permissions", None)]


@pytest.mark.parametrize("name", ["opt-out.undocumented-value", "opt-out.empty", "opt-out.shell-only"])
def test_an_opt_out_that_was_meant_is_wished_for(name: str) -> None:
    assert own_wishes([_finding(name, "env.DISABLE_TELEMETRY")]).env == OPT_OUT


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("opt-out.void", "env.DISABLE_TELEMETRY"),
        ("opt-out.empty", "settings.model"),
        ("opt-out.empty", ""),
        ("local.readable", "env.A"),
    ],
)
def test_what_is_no_meant_variable_is_not_wished_for(name: str, key: str) -> None:
    assert own_wishes([_finding(name, key)]) == Want("the opt-outs that are set")


def test_the_wish_of_a_real_machine_is_the_opt_out_it_leaves_empty(tmp_path: Path) -> None:
    made = user(tmp_path, env={"DISABLE_TELEMETRY": ""})

    assert own_wishes(made.audit().findings).env == OPT_OUT


def test_the_machine_is_as_if_the_text_were_written_and_the_file_is_untouched(tmp_path: Path) -> None:
    made = user(tmp_path, model="x")
    made.write("project", {"env": {"A": "1"}})
    file, text = made.path("user"), json.dumps({"env": OPT_OUT, "model": "y"}, indent=2)
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)

    proved = _with(made, "user", text)

    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    assert proved.settings["model"].value == "y"
    assert proved.env["DISABLE_TELEMETRY"].place == f"{file}:3"
    made.write("user", text)
    assert proved == made.machine()


def test_a_file_that_does_not_exist_yet_is_judged_and_not_made(made: Home) -> None:
    file = made.path("user")

    proved = _with(made, "user", json.dumps({"env": OPT_OUT}))

    assert proved.env["DISABLE_TELEMETRY"].file == str(file)
    assert not file.exists()


def test_what_stands_in_a_higher_layer_still_wins_over_the_changed_text(made: Home) -> None:
    made.write("managed", {"model": "theirs"})

    proved = _with(made, "user", '{"model": "ours"}')

    assert proved.settings["model"].value == "theirs"
    assert [one.value for one in proved.settings["model"].shadowed] == ["ours"]


def test_a_text_the_agent_would_ignore_is_void_in_the_proof_too(tmp_path: Path) -> None:
    made = user(tmp_path, env=OPT_OUT)

    proved = _with(made, "user", '{"env": {"DISABLE_TELEMETRY": "1"}, "permissions": 1}')

    assert [(one.file, one.key) for one in proved.void_files] == [(str(made.path("user")), "permissions")]
    assert proved.env == {}
