"""`--if FACT=VALUE`."""

from __future__ import annotations

import pytest

from carnet.cli.supposing import overlay
from carnet.errors import CarnetError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("provider=bedrock", "bedrock"),
        ("env.DISABLE_TELEMETRY=1", "1"),
        ("env.DISABLE_TELEMETRY=true", "true"),
        ("env.DISABLE_TELEMETRY=", None),
        ("env.DISABLE_TELEMETRY=unset", None),
        ("env.URL=https://a.example/?x=1", "https://a.example/?x=1"),
        ("settings.feedbackSurveyRate=0", 0),
        ("settings.skipWebFetchPreflight=true", True),
        ("settings.model=some-name", "some-name"),
        ("org.zdr=true", True),
        ("client_version=2.1.198", "2.1.198"),
    ],
)
def test_a_value_is_read_as_its_family_writes_it(text: str, value: object) -> None:
    assert overlay([text]) == {text.partition("=")[0]: value}


@pytest.mark.parametrize("text", ["provider", "=1", " =1", ""])
def test_what_is_no_fact_is_refused(text: str) -> None:
    with pytest.raises(CarnetError, match="write FACT=VALUE"):
        overlay([text])


def test_the_last_word_counts() -> None:
    assert overlay(["tier=pro", "tier=max"]) == {"tier": "max"}
