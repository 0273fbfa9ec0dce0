"""`carnet settings`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.cli.settings import concealed
from carnet.settings import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


def test_every_setting_is_listed_with_value_origin_and_help(carnet: Carnet, data: Path) -> None:
    shown = carnet("settings")

    assert shown.status == 0
    for setting in SETTINGS:
        assert setting.name in shown.out
        assert f"{setting.help} {setting.env}" in shown.out
    assert f"{data}  [environment CARNET_DATA]" in shown.out
    assert "8417  [default]" in shown.out


def test_json_holds_the_same_rows(carnet: Carnet, data: Path) -> None:
    rows = json.loads(carnet("settings", "--json").out)["settings"]

    assert [row["name"] for row in rows] == [setting.name for setting in SETTINGS]
    assert rows[0] == {
        "name": "data",
        "value": str(data),
        "origin": "environment CARNET_DATA",
        "default": SETTINGS[0].default,
        "env": "CARNET_DATA",
        "help": SETTINGS[0].help,
    }


def test_a_password_in_an_address_is_not_printed(carnet: Carnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:hunter2@127.0.0.1:3128")

    for shown in (carnet("settings"), carnet("settings", "--json")):
        assert "hunter2" not in shown.out
        assert "http://ada:***@127.0.0.1:3128" in shown.out


@pytest.mark.parametrize("value", ["", "30m", "http://127.0.0.1:3128", "a:b@c", "/home/x@y:z"])
def test_other_values_are_shown_as_they_are(value: str) -> None:
    assert concealed(value) == value


def test_a_file_with_a_fault_is_named(carnet: Carnet, home: Path) -> None:
    file = home / ".config" / "carnet" / "carnet.toml"
    file.parent.mkdir(parents=True)
    file.write_text("colour = 1\n")

    shown = carnet("settings")

    assert shown.status == 2
    assert f"{file}: unknown setting 'colour'" in shown.err
