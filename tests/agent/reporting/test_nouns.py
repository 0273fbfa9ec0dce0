"""What a programmer may write wrong is told at once."""

from __future__ import annotations

import pytest

from carnet.agent import Agent, Collector
from carnet.errors import CarnetError


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8417", "http://localhost", "http://[::1]:1", "https://carnet.example"]
)
def test_a_collector_on_loopback_or_behind_tls(address: str) -> None:
    assert Collector(address, "k").address == address


@pytest.mark.parametrize("address", ["http://carnet.example", "http://10.0.0.1", "http://localhost.example"])
def test_beyond_this_machine_only_https(address: str) -> None:
    with pytest.raises(CarnetError, match="https only"):
        Collector(address, "k")


@pytest.mark.parametrize(
    "address", ["", "carnet.example", "ftp://x", "https://", "https://u:p@x", "https://x?y", "http://[", "https://x:y"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(CarnetError, match="write it like https"):
        Collector(address, "k")


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ä"])
def test_what_is_no_key_and_is_never_repeated(key: str) -> None:
    with pytest.raises(CarnetError, match="is empty or no key") as told:
        Collector("https://x", key)
    assert "a\nb" not in str(told.value)


def test_a_key_is_not_printed() -> None:
    assert "secret" not in repr(Collector("https://x", "secret"))


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "a b"])
def test_a_name_that_would_be_another_folder_is_none(name: str) -> None:
    with pytest.raises(CarnetError, match="a name is made of"):
        Agent(name)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_survey_rate_of_the_program_lies_between_0_and_1(rate: float) -> None:
    with pytest.raises(CarnetError, match="not between 0 and 1"):
        Agent("x", survey_rate=rate)
