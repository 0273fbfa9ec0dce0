"""One settings file."""

from __future__ import annotations

import os
import plistlib
from typing import TYPE_CHECKING

import pytest

from carnet.agent.layers import judged, read_layer
from carnet.agent.sources import Location

from .homes import Home, claude

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.layers import Layer


def _user(made: Home, content: object) -> Layer:
    return read_layer(Location("user", made.write("user", content)), claude())


def _managed(made: Home, content: object) -> Layer:
    return read_layer(Location("managed", made.write("managed", content), "file"), claude())


def test_values_and_variables_have_their_lines(made: Home) -> None:
    layer = _user(made, '{\n "cleanupPeriodDays": 10,\n "env": {\n  "DISABLE_TELEMETRY": "1"\n }\n}')

    assert layer.source.state == "read"
    assert (layer.source.values["cleanupPeriodDays"].value, layer.source.values["cleanupPeriodDays"].line) == (10, 2)
    assert (layer.source.env["DISABLE_TELEMETRY"].value, layer.source.env["DISABLE_TELEMETRY"].line) == ("1", 4)


def test_other_values_of_variables_become_texts(made: Home) -> None:
    env = _user(made, {"env": {"A": 1, "B": True, "C": None}}).source.env

    assert [env[name].value for name in "ABC"] == ["1", "true", "null"]


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ('{\n "cleanupPeriodDays": 0,\n "env": {"DISABLE_TELEMETRY": "1"}}', 2, "cleanupPeriodDays: 0 is not a whole"),
        (
            '{"feedbackSurveyRate": "0", "env": {"DISABLE_TELEMETRY": "1"}}',
            1,
            'the text "0" is not a number from 0 to 1',
        ),
        ('{"env": {"DISABLE_TELEMETRY": "1"},\n}', 1, "is no JSON: a comma stands before }"),
        ('{\n// why\n"env": {"DISABLE_TELEMETRY": "1"}}', 2, "is no JSON: a comment"),
        ('{"permissions": {\n"allow": "Bash"}, "env": {"DISABLE_TELEMETRY": "1"}}', 2, "permissions.allow"),
    ],
)
def test_a_fault_voids_a_users_file_and_names_what_is_lost(made: Home, content: str, line: int, why: str) -> None:
    layer = _user(made, content)

    assert layer.source.state == "void"
    assert not layer.source.env
    assert layer.void is not None
    assert (layer.void.line, why in layer.void.why) == (line, True), layer.void.why
    assert "env.DISABLE_TELEMETRY" in layer.void.lost


@pytest.mark.parametrize("content", ["[]", "1", "null", '"x"'])
def test_a_file_without_an_object_is_void(made: Home, content: str) -> None:
    assert _user(made, content).source.state == "void"


def test_in_managed_files_only_the_entry_is_dropped(made: Home) -> None:
    layer = _managed(
        made, {"cleanupPeriodDays": 0, "env": {"DISABLE_TELEMETRY": "1"}, "sandbox": {"enabled": 1, "x": 2}}
    )

    assert layer.void is None
    assert {one.name for one in layer.dropped} == {"settings.cleanupPeriodDays", "settings.sandbox.enabled"}
    assert layer.source.env["DISABLE_TELEMETRY"].value == "1"
    assert layer.source.values["sandbox"].value == {"x": 2}


def test_some_keys_are_ignored_alone_in_every_file(made: Home) -> None:
    layer = _user(made, {"theme": "mauve", "env": {"A": "1"}})

    assert layer.source.state == "read"
    assert [one.name for one in layer.dropped] == ["settings.theme"]
    assert "theme" not in layer.source.values


def test_null_is_no_value(made: Home) -> None:
    assert "skipWebFetchPreflight" not in _user(made, {"skipWebFetchPreflight": None}).source.values


def test_a_key_given_twice_is_told(made: Home) -> None:
    layer = _user(made, '{"env": {"A": "1",\n"A": "2"}}')

    assert layer.repeated == (("env.A", 1, 2),)
    assert layer.source.env["A"].value == "2"


def test_bytes_that_are_no_text_are_told(made: Home) -> None:
    path = made.path("user")
    path.write_bytes(b'{"env": {"A": "\xff"}}')
    layer = read_layer(Location("user", path), claude())

    assert layer.damaged
    assert layer.source.env["A"].value == "\ufffd"


def test_what_cannot_be_read_is_unread_and_what_is_not_there_is_absent(made: Home, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read_layer(Location("user", tmp_path / "pipe"), claude()).source.state == "unread"
    assert read_layer(Location("user", tmp_path / "none"), claude()).source.state == "absent"
    assert read_layer(Location("user", made.root), claude()).source.why == "is a directory"


def test_a_secret_is_not_told_in_the_reason(made: Home) -> None:
    layer = _user(made, {"env": "sk-ant-api03-abcdefgh"})

    assert layer.void is not None
    assert "sk-ant" not in layer.void.why


def test_a_delivered_policy_may_lie_in_an_envelope(made: Home) -> None:
    path = made.write("remote", {"checksum": "x", "uuid": "y", "settings": {"env": {"A": "1"}}})
    source = read_layer(Location("managed", path, "remote"), claude()).source

    assert source.env["A"].line == 6
    assert "checksum" not in source.values


def test_a_macos_policy_is_a_property_list(tmp_path: Path) -> None:
    path = tmp_path / "com.anthropic.claudecode.plist"
    path.write_bytes(plistlib.dumps({"env": {"DISABLE_TELEMETRY": "1"}, "cleanupPeriodDays": 0}))
    layer = read_layer(Location("managed", path, "mdm"), claude())

    assert layer.source.env["DISABLE_TELEMETRY"].value == "1"
    assert [one.name for one in layer.dropped] == ["settings.cleanupPeriodDays"]


@pytest.mark.parametrize("raw", [b"", b"bplist00garbage", b"<plist><dict>", b"\x00" * 40])
def test_a_broken_property_list_is_void(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "com.anthropic.claudecode.plist"
    path.write_bytes(raw)

    assert read_layer(Location("managed", path, "mdm"), claude()).source.state == "void"


def test_a_property_list_of_something_else_is_void(tmp_path: Path) -> None:
    path = tmp_path / "com.anthropic.claudecode.plist"
    path.write_bytes(plistlib.dumps(["a"]))

    assert read_layer(Location("managed", path, "mdm"), claude()).source.state == "void"


def test_a_text_is_judged_without_a_file(tmp_path: Path) -> None:
    layer = judged(Location("managed", tmp_path / "policy", "mdm"), '{"env": {"A": "1"}}', claude())

    assert layer.source.env["A"].value == "1"
