"""What is set on a machine."""

from __future__ import annotations

import pytest

from carnet.model.machine import Located, Machine


@pytest.mark.parametrize(
    ("located", "place"),
    [
        (Located("1", "user", "/h/settings.json", 7), "/h/settings.json:7"),
        (Located("1", "user", "/h/settings.json"), "/h/settings.json"),
        (Located("1", "process"), "environment"),
        (Located("1", "flags"), "flags"),
        (Located("1", "process", line=7), "environment"),
    ],
)
def test_a_value_stands_at_its_files_line_or_in_the_environment_or_in_its_layer(located: Located, place: str) -> None:
    assert located.place == place


def test_facts_are_dotted_and_carry_values_as_they_are() -> None:
    machine = Machine({"model": Located(None, "user"), "days": Located(30, "user")}, {"A": Located("1", "process")}, ())

    assert machine.facts() == {"settings.model": None, "settings.days": 30, "env.A": "1"}


def test_what_is_shadowed_or_waits_for_trust_is_no_fact() -> None:
    winner = Located("new", "managed", shadowed=(Located("old", "user"),))
    machine = Machine({}, {"A": winner}, (), waiting={"B": Located("1", "project")})

    assert machine.facts() == {"env.A": "new"}


def test_what_was_seen_on_the_machine_counts_before_what_is_set() -> None:
    machine = Machine({}, {"A": Located("1", "user")}, (), seen={"provider": "bedrock", "env.A": "2"})

    assert machine.facts() == {"env.A": "2", "provider": "bedrock"}


def test_a_change_to_facts_leaves_the_machine_as_it_is() -> None:
    machine = Machine({}, {}, (), seen={"provider": "bedrock"})

    machine.facts()["provider"] = "vertex"

    assert machine.facts() == {"provider": "bedrock"}
