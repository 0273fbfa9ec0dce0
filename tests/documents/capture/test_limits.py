"""Bounds come from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.documents.capture.limits import Limits
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from carnet.settings import Settings


def test_the_defaults_are_polite(settings: Settings) -> None:
    limits = Limits.read(settings)
    assert (limits.timeout, limits.max_bytes, limits.per_host, limits.host_pause) == (30.0, 10_000_000, 2, 0.5)
    assert (limits.retries, limits.robots) == (2, True)
    assert limits.user_agent.startswith("Carnet/")


def test_our_name_may_be_changed(settings: Settings) -> None:
    assert Limits.read(settings.with_option("watch.user-agent", "Us/1")).user_agent == "Us/1"


@pytest.mark.parametrize(
    "name", ["watch.timeout", "watch.max-bytes", "watch.per-host", "watch.robots", "watch.at-once"]
)
def test_a_value_that_cannot_be_understood_is_named(settings: Settings, name: str) -> None:
    with pytest.raises(CarnetError, match=name):
        Limits.read(settings.with_option(name, "much"))
