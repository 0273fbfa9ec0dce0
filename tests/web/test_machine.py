from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.web.asking import default_pack
from carnet.web.machine import FRESH, Machine, asked_here, machine_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)


def write(home: Path, **env: str) -> None:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"env": env}))


def test_the_home_of_the_environment_is_read_as_it_was_at_the_start(home: Path) -> None:
    write(home, DISABLE_TELEMETRY="1")
    seen = machine_of({"HOME": str(home)}).look(NOW)
    assert seen is not None
    assert seen.audit is not None
    verdicts = {one.flow: one.verdict for one in seen.audit.verdicts}
    assert (verdicts["metrics"], verdicts["domain-check"]) == ("off", "on")


def test_without_a_home_there_is_no_machine_to_show() -> None:
    assert machine_of({}).look(NOW) is None
    assert Machine(None).look(NOW) is None


def test_an_answer_is_good_for_a_moment_and_then_read_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("carnet.web.machine.time.monotonic", lambda: clock[0])
    machine = machine_of({"HOME": str(home)})
    first = machine.look(NOW)
    write(home, DISABLE_TELEMETRY="1")
    assert machine.look(NOW) is first
    clock[0] = FRESH + 1
    later = machine.look(NOW)
    assert later is not None
    assert later.audit is not None
    assert {one.flow: one.verdict for one in later.audit.verdicts}["metrics"] == "off"


def test_addresses_carry_what_rules_read_and_no_secret(home: Path) -> None:
    write(home, DISABLE_TELEMETRY="sk-ant-heron0123456789abcdef", DISABLE_ERROR_REPORTING="1", HERON="1")
    seen = machine_of({"HOME": str(home)}).look(NOW)
    assert seen is not None
    assert seen.audit is not None
    given = asked_here(seen.audit, default_pack()).given
    assert given["env.DISABLE_ERROR_REPORTING"] == "1"
    assert "env.DISABLE_TELEMETRY" not in given
    assert "env.HERON" not in given
