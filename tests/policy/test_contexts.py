from __future__ import annotations

from datetime import date

import pytest

from carnet.errors import CarnetError
from carnet.policy.contexts import as_day, read_context
from tests.policy.books import DAY, claude


def test_nested_and_dotted_keys_are_the_same() -> None:
    nested = read_context({"org": {"zdr": True}, "env": {"DISABLE_TELEMETRY": "1"}}, claude(), DAY)
    dotted = read_context({"org.zdr": True, "env.DISABLE_TELEMETRY": "1"}, claude(), DAY)
    assert nested == dotted


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"provider": "azure"}, "provider"),
        ({"provider": 3}, "provider"),
        ({"tier": "gold"}, "tier"),
        ({"env": {"DISABLE_TELEMETRY": 1}}, "env.DISABLE_TELEMETRY"),
        ({"org": {"zdr": "perhaps"}}, "org.zdr"),
        ({"client_version": "new"}, "client_version"),
        ({"colour": "red"}, "colour"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": 7}, "as_of"),
        ({"org": []}, "org"),
        ({"org.zdr": True, "org": {"zdr": False}}, "org.zdr"),
        ([], "JSON object"),
        ("text", "JSON object"),
        (None, "JSON object"),
    ],
)
def test_a_context_of_the_wrong_shape_is_refused_naming_the_field(raw: object, field: str) -> None:
    with pytest.raises(CarnetError) as refused:
        read_context(raw, claude(), DAY)
    assert field in str(refused.value)


def test_a_date_and_an_instant_mean_their_day_in_utc() -> None:
    assert as_day("2026-04-23", DAY) == date(2026, 4, 23)
    assert as_day("2026-04-23T23:30:00-02:00", DAY) == date(2026, 4, 24)
    assert as_day("2026-04-23T18:19:00Z", DAY) == date(2026, 4, 23)
    assert as_day(None, DAY) == DAY
