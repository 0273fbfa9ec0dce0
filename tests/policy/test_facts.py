from __future__ import annotations

from datetime import date

import pytest

from carnet.model.flow import Control, Reading
from carnet.policy.facts import fact_at, flatten, version_key

DAY = date(2026, 5, 1)


def switch(reads: str, on: tuple[str, ...] = (), off: tuple[str, ...] = ()) -> Control:
    return Control("env.X", "X", (Reading(reads, on, off),))


@pytest.mark.parametrize(
    ("control", "raw", "found"),
    [
        (switch("set"), "", "on"),
        (switch("nonempty"), "0", "on"),
        (switch("nonempty"), "", "off"),
        (switch("truthy"), "YES", "on"),
        (switch("truthy"), "False", "off"),
        (switch("truthy"), "", "off"),
        (switch("truthy"), "maybe", None),
        (switch("value", ("1",)), "1", "on"),
        (switch("value", ("1",)), "0", None),
        (switch("value", ("1",), ("0",)), "0", "off"),
        (Control("settings.skip", "Skip"), True, "on"),
        (Control("settings.skip", "Skip"), "sometimes", None),
        (Control("settings.rate", "Rate", kind="rate"), 0.5, "between"),
        (Control("settings.rate", "Rate", kind="rate"), 0, "zero"),
        (Control("settings.rate", "Rate", kind="rate"), 1.0, "one"),
        (Control("settings.rate", "Rate", kind="rate"), 2, "invalid"),
        (Control("settings.rate", "Rate", kind="rate"), "0", "invalid"),
        (Control("settings.days", "Days", kind="days"), 7, "given"),
        (Control("settings.days", "Days", kind="days"), 0, "invalid"),
        (Control("tier", "Tier", kind="choice", classes=("pro",)), "pro", "pro"),
        (Control("tier", "Tier", kind="choice", classes=("pro",)), "gold", None),
    ],
)
def test_a_value_is_read_as_its_control_says(control: Control, raw: object, found: str | None) -> None:
    assert fact_at(control, DAY, []).classify(raw) == found


def test_the_reading_of_the_day_is_taken() -> None:
    change = date(2026, 6, 1)
    control = Control("env.X", "X", (Reading("value", ("1",), until=change), Reading("nonempty", since=change)))
    assert [fact_at(control, day, []).classify("0") for day in (DAY, change)] == [None, "on"]


def test_a_version_falls_on_the_greatest_floor_it_reaches() -> None:
    fact = fact_at(Control("client_version", "Version", kind="version"), DAY, ["2.1.198", "2.1.126"])
    assert [fact.classify(one) for one in ("2.1.9", "2.1.126", "v2.1.197", "2.2", "2.1.198-beta")] == [
        "0",
        "2.1.126",
        "2.1.126",
        "2.1.198",
        "2.1.198",
    ]


def test_a_version_that_is_none_has_no_key() -> None:
    assert [version_key(text) for text in ("2.1.198", "v1", "new", "", "2..1")] == [(2, 1, 198), (1,), None, None, None]


def test_nested_keys_become_dotted() -> None:
    assert flatten({"org": {"zdr": True}, "env": {"A": "1"}, "tier": "pro"}) == {
        "org.zdr": True,
        "env.A": "1",
        "tier": "pro",
    }


def test_a_settings_key_that_is_not_set_takes_its_default() -> None:
    on, off = (fact_at(Control("settings.x", "X", default=default), DAY, []) for default in ("on", None))
    assert (on.absent, off.absent) == ("on", "off")
