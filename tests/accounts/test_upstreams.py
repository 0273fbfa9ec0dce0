from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.accounts.upstreams import (
    add_upstream,
    check_upstream,
    chosen,
    credentials,
    upstream_named,
)
from carnet.errors import CarnetError, NotFoundError
from carnet.model.upstream import Upstream

if TYPE_CHECKING:
    from carnet.stores.contract import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ONE = Upstream("one", "messages", "https://one.test", "anthropic", NOW, key_env="ONE_KEY")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.one.test", "https://api.one.test"),
        ("https://one.test:8443/anthropic/", "https://one.test:8443/anthropic"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
        ("http://localhost:9000", "http://localhost:9000"),
    ],
)
def test_addresses_that_keep_prompts_safe_are_taken(url: str, kept: str) -> None:
    assert check_upstream(replace(ONE, url=url)).url == kept


@pytest.mark.parametrize(
    "url",
    [
        *("", "one.test", "ftp://one.test", "https://", "https://one.test/a?b=secret", "https://one.test/#secret"),
        *(
            "https://me:secret@one.test",
            "https://one.test/\r\nx: secret",
            "https://one.test:0",
            "https://one.test:99999",
        ),
        *("http://one.test/secret", "http://10.0.0.1", "http://127.0.0.1.one.test", "http://localhost.one.test"),
        *("https://one.test/../secret", "https://one.test//secret", "https://one.test/%73ecret", "https://o ne.test"),
        *("https://[::1", "https://one.test\\@secret.test", "https://öne.test"),
    ],
)
def test_other_addresses_are_refused_and_what_may_be_secret_in_them_is_not_repeated(url: str) -> None:
    with pytest.raises(CarnetError, match="--url") as caught:
        check_upstream(replace(ONE, url=url))
    assert "secret" not in str(caught.value)


@given(st.text(max_size=30))
def test_no_address_breaks_the_check(url: str) -> None:
    with pytest.raises(CarnetError):
        check_upstream(replace(ONE, url=f"http://{url}"))


@pytest.mark.parametrize("secret", ["sk-ant-api03-secret", "a secret", "", "1SECRET", "eyJh.eyJh.secret"])
def test_a_credential_given_in_place_of_its_variable_is_refused_and_not_repeated(secret: str) -> None:
    ways = [{"headers": (("x-key", secret),)}, *([{"key_env": secret}] if secret else [])]
    for way in ways:
        with pytest.raises(CarnetError, match="environment variable") as caught:
            check_upstream(replace(ONE, **way))  # type: ignore[arg-type]
        assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize("header", ["Host", "content-length", "Transfer-Encoding", "a b", "", "x:y", "x\r\ny", "ü"])
def test_headers_that_carry_the_message_cannot_be_configured(header: str) -> None:
    with pytest.raises(CarnetError, match="no header that can be added"):
        check_upstream(replace(ONE, headers=((header, "VAR"),)))


def test_a_header_is_given_once() -> None:
    for headers in ((("x-a", "A"), ("X-A", "B")), (("X-Api-Key", "A"),)):
        with pytest.raises(CarnetError, match="twice"):
            check_upstream(replace(ONE, headers=headers))
    assert check_upstream(replace(ONE, key_env="", headers=(("X-Api-Key", "A"),))).headers == (("X-Api-Key", "A"),)


@pytest.mark.parametrize("change", [{"name": "One"}, {"name": "a/b"}, {"format": "chat"}, {"provider": "bedrock"}])
def test_what_is_not_spoken_here_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(CarnetError):
        check_upstream(replace(ONE, **change))  # type: ignore[arg-type]


def test_the_lowest_priority_is_tried_first_and_what_is_disabled_never() -> None:
    there = [replace(ONE, name=name, priority=number) for name, number in (("b", 2), ("c", 1), ("a", 2))]
    off = replace(ONE, name="off", priority=0, enabled=False)
    assert [one.name for one in chosen([*there, off], "messages", 1)] == ["c", "a", "b"]
    assert chosen(there, "other", 1) == []


def test_an_organisation_with_upstreams_of_its_own_never_uses_another() -> None:
    shared, own = replace(ONE, name="shared", priority=0), replace(ONE, name="own", organisation=1)
    assert [one.name for one in chosen([shared, own], "messages", 1)] == ["own"]
    assert [one.name for one in chosen([shared, own], "messages", 2)] == ["shared"]
    assert chosen([shared, replace(own, enabled=False)], "messages", 1) == []


def test_credentials_are_read_when_they_are_used() -> None:
    one = replace(ONE, headers=(("anthropic-workspace-id", "WORKSPACE"),))
    assert credentials(one, {"ONE_KEY": "k1\n", "WORKSPACE": "w"}) == [
        ("x-api-key", "k1"),
        ("anthropic-workspace-id", "w"),
    ]
    assert credentials(replace(ONE, key_env=""), {}) == []


@pytest.mark.parametrize("value", ["", "  ", "se\r\ncret", "secrét"])
def test_a_credential_that_is_missing_or_would_break_a_header_is_told_by_its_variable(value: str) -> None:
    with pytest.raises(CarnetError, match="ONE_KEY") as caught:
        credentials(ONE, {"ONE_KEY": value})
    assert not value.strip() or value not in str(caught.value)


def test_what_is_added_is_found_by_name(store: Store) -> None:
    added = add_upstream(store.records.upstreams, replace(ONE, url="https://one.test/"))
    assert upstream_named(store.records.upstreams, "one") == added == ONE
    with pytest.raises(NotFoundError, match="carnet upstream list"):
        upstream_named(store.records.upstreams, "two")
