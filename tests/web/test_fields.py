from __future__ import annotations

from datetime import date

from carnet.web.asking import Asked, asked_of, default_pack
from carnet.web.fields import Field, facts_of, fields


def asked(**given: str) -> Asked:
    return asked_of(
        default_pack(), date(2026, 8, 22), {name.replace("__", "."): value for name, value in given.items()}
    )


def by_name(one: Asked) -> dict[str, Field]:
    return {field.name: field for _, members in fields(one, facts_of(one)) for field in members}


def test_every_fact_that_a_rule_reads_has_one_field() -> None:
    one = asked()
    assert sorted(by_name(one)) == sorted(facts_of(one))


def test_not_known_can_be_chosen_for_every_fact() -> None:
    for field in by_name(asked()).values():
        labels = [choice.label for choice in field.choices]
        assert "not known" in labels or not field.choices, field.name


def test_every_choice_offered_can_be_asked_and_stays_chosen() -> None:
    for field in by_name(asked()).values():
        for choice in field.choices:
            again = asked_of(default_pack(), date(2026, 8, 22), {field.name: choice.value} if choice.value else {})
            assert by_name(again)[field.name].chosen == choice.value


def test_a_default_is_said_to_be_assumed() -> None:
    labels = [choice.label for choice in by_name(asked())["org.zdr"].choices]
    assert labels == ["not given (assumed: no)", "yes", "no", "not known"]


def test_a_value_that_is_not_among_the_choices_is_added() -> None:
    field = by_name(asked(env__DISABLE_TELEMETRY="heron"))["env.DISABLE_TELEMETRY"]
    assert (field.chosen, field.choices[-1].label) == ("heron", "set to heron")
    field = by_name(asked(env__DISABLE_TELEMETRY='""'))["env.DISABLE_TELEMETRY"]
    assert field.choices[-1].label == "set to nothing"
