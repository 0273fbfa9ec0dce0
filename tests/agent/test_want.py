"""The organisation's policy: read, or refused by file and key."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carnet.agent.want import read_want
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
[flows]
metrics = "off"
survey = ["off", "on-request"]
[local]
days = 14
[retention]
longest = "days30"
[training]
allowed = false
[recipients]
allowed = ["anthropic"]
[hosts]
allowed = ["*.corp.test"]
[settings]
skipWebFetchPreflight = false
[env]
DISABLE_ERROR_REPORTING = "1"
"""


def _file(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "want.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_whole_policy_is_read(tmp_path: Path) -> None:
    want = read_want(_file(tmp_path, FULL), ["metrics", "survey"])

    assert want.flows == {"metrics": ("off",), "survey": ("off", "on-request")}
    assert (want.local_days, want.retention, want.training) == (14, "days30", False)
    assert (want.recipients, want.hosts) == (("anthropic",), ("*.corp.test",))
    assert want.settings == {"skipWebFetchPreflight": False}
    assert want.env == {"DISABLE_ERROR_REPORTING": "1"}


def test_an_empty_policy_wants_nothing(tmp_path: Path) -> None:
    want = read_want(_file(tmp_path, ""))

    assert (want.flows, want.local_days, want.recipients, want.hosts) == ({}, None, None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[flows]\nmetrics = 'of'", "flows.metrics = 'of'"),
        ("[flows]\nmetrics = []", "flows.metrics"),
        ("[flows]\nmetrics = false", "flows.metrics"),
        ("[flows]\nmetrix = 'off'", "flows.metrix is no flow; there are: metrics"),
        ("flows = 1", r"flows must be a table"),
        ("[flow]\nmetrics = 'off'", "flow is no table of a policy"),
        ("[local]\nday = 3", "local.day is unknown; there is: days"),
        ("[local]\ndays = 0", "local.days = 0 is not a whole number of days"),
        ("[local]\ndays = true", "local.days = True"),
        ("[retention]\nlongest = 'year'", "retention.longest = 'year' is not one of none, local"),
        ("[training]\nallowed = 'no'", "training.allowed"),
        ("[recipients]\nallowed = 'anthropic'", "recipients.allowed"),
        ("[hosts]\nallowed = [1]", "hosts.allowed"),
        ("[env]\nDISABLE_TELEMETRY = 1", "env.DISABLE_TELEMETRY = 1 is no text"),
        ("[flows", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_file_and_key(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(CarnetError, match=rf"want\.toml: .*{words}|want\.toml: {words}"):
        read_want(_file(tmp_path, text), ["metrics"])


def test_a_file_that_is_none_or_endless_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CarnetError, match=r"want\.toml: No such file"):
        read_want(tmp_path / "want.toml")
    with pytest.raises(CarnetError, match="directory"):
        read_want(tmp_path)
    with pytest.raises(CarnetError, match="more than"):
        read_want(_file(tmp_path, b"#" * 2_000_000))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(tmp_path: Path, raw: bytes) -> None:
    with suppress(CarnetError):
        read_want(_file(tmp_path, raw))
