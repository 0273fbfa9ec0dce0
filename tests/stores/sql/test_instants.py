from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.stores.sql.instants import instant, micros


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_comes_back_exactly(at: datetime) -> None:
    assert instant(micros(at)) == at


def test_an_instant_is_the_same_in_every_zone() -> None:
    at = datetime(2026, 4, 22, 5, tzinfo=timezone(timedelta(hours=2)))
    assert micros(at) == micros(datetime(2026, 4, 22, 3, tzinfo=UTC))
    assert instant(micros(at)).tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        micros(datetime(2026, 4, 22))  # noqa: DTZ001 (that is the point)
