"""One table of settings: option, then environment, then file, then default."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import CarnetError
from carnet.settings import LONGEST, SETTINGS, UNITS, Settings, environment, load, looking, parse_duration

if TYPE_CHECKING:
    from pathlib import Path


def test_every_setting_has_its_default_and_says_so(tmp_path: Path) -> None:
    values = load({}, tmp_path / "none.toml").all()

    assert [value.setting for value in values] == list(SETTINGS)
    assert {value.origin for value in values} == {"default"}


def test_an_option_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "carnet.toml"
    file.write_text('data = "/from/file"\n[web]\nport = 9000\n[watch]\nrobots = false\n')
    settings = load({"CARNET_DATA": "/from/environment"}, file)

    assert _value(settings, "data") == ("/from/environment", "environment CARNET_DATA")
    assert ("9000", str(file)) == _value(settings, "web.port")
    assert ("off", str(file)) == _value(settings, "watch.robots")
    assert _value(settings.with_option("data", "/from/option"), "data") == ("/from/option", "option")


def test_the_environment_of_proxies_is_read_in_lower_case_too() -> None:
    settings = load({"https_proxy": "http://127.0.0.1:3128"})

    assert _value(settings, "net.https-proxy") == ("http://127.0.0.1:3128", "environment https_proxy")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("colour = 1", "unknown setting 'colour'"),
        ("[web]\nprot = 1", "unknown setting 'web.prot'"),
        ("web = ", "cannot be read as TOML"),
        ("web = 1", "unknown setting 'web'"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named_with_its_key(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "carnet.toml"
    file.write_text(written)

    with pytest.raises(CarnetError, match=said) as caught:
        load({}, file)

    assert str(file) in str(caught.value)


def test_a_list_in_the_file_is_a_list_with_commas(tmp_path: Path) -> None:
    file = tmp_path / "carnet.toml"
    file.write_text('[watch]\nallow-private = ["10.0.0.0/8", "wiki.internal"]\n')

    assert load({}, file)["watch.allow-private"] == "10.0.0.0/8,wiki.internal"


def test_a_file_of_garbage_is_named(tmp_path: Path) -> None:
    file = tmp_path / "carnet.toml"
    file.write_bytes(b"\xff\x00\xfe")

    with pytest.raises(CarnetError, match=r"carnet\.toml: cannot be read as TOML"):
        load({}, file)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match="CARNET_CONFIG"):
        load({"CARNET_CONFIG": str(tmp_path / "absent.toml")})


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS)))
def test_a_length_of_time_is_its_number_times_its_unit(number: int, unit: str) -> None:
    number = min(number, int(LONGEST.total_seconds() / UNITS[unit]))
    assert timedelta(seconds=number * UNITS[unit]) == parse_duration(f"{number}{unit}")


@pytest.mark.parametrize("text", ["", "30", "m", "-1s", "1.5h", "1w", "٣s", "30m "])
def test_anything_else_is_no_length_of_time(text: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        parse_duration(text)
    with pytest.raises(CarnetError, match=r"watch\.every = .* \(option\) is not a length of time"):
        settings.with_option("watch.every", text).duration("watch.every")


@pytest.mark.parametrize(
    ("text", "size"),
    [("10MB", 10_000_000), ("10MiB", 10_485_760), ("5", 5), ("5 kb", 5_000), ("1G", 10**9), ("0", 0)],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int, settings: Settings) -> None:
    assert size == settings.with_option("watch.max-bytes", text).size("watch.max-bytes")


@pytest.mark.parametrize("text", ["", "MB", "-1", "1.5MB", "10XB", "ten"])
def test_anything_else_is_no_size(text: str, settings: Settings) -> None:
    with pytest.raises(CarnetError, match="is not a size"):
        settings.with_option("watch.max-bytes", text).size("watch.max-bytes")


def test_switches_and_numbers_are_checked_where_they_are_read(settings: Settings) -> None:
    assert settings.on("watch.robots")
    assert not settings.with_option("watch.robots", "OFF").on("watch.robots")
    with pytest.raises(CarnetError, match="is not `on` or `off`"):
        settings.with_option("watch.robots", "maybe").on("watch.robots")
    with pytest.raises(CarnetError, match=r"web\.port = 'http' \(option\) is not a whole number"):
        settings.with_option("web.port", "http").whole("web.port")


def _value(settings: Settings, name: str) -> tuple[str, str]:
    value = next(value for value in settings.all() if value.setting.name == name)
    return value.value, value.origin


@pytest.mark.parametrize("text", ["3651d", "999999999999999d"])
def test_no_length_of_time_is_longer_than_ten_years(text: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match="longer than 3650d"):
        parse_duration(text)
    with pytest.raises(CarnetError, match=r"watch\.every \(option\): .* longer than 3650d"):
        settings.with_option("watch.every", text).duration("watch.every")


def test_a_number_of_thousands_of_digits_is_refused_like_any_other(settings: Settings) -> None:
    long = "9" * 5000
    with pytest.raises(CarnetError, match="is not a whole number"):
        settings.with_option("web.port", long).whole("web.port")
    with pytest.raises(CarnetError, match="is not a size"):
        settings.with_option("watch.max-bytes", long).size("watch.max-bytes")


def test_a_look_at_the_process_s_own_environment_sees_a_change_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    probe, named = looking(environment())
    before = probe(named("CARNET_LOOKED_AT"))
    monkeypatch.setenv("CARNET_LOOKED_AT", "1")

    assert before is None
    assert probe(named("CARNET_LOOKED_AT")) is not None


def test_a_look_at_another_environment_is_a_look_at_that() -> None:
    probe, named = looking({"A": "1"})

    assert (probe(named("A")), probe(named("B"))) == ("1", None)
