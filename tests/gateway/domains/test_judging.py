"""What decides about a host, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.gateway.domains.judging import REASONS
from tests.gateway.domains.make import a_list, decision, reason

if TYPE_CHECKING:
    from pathlib import Path

BLOCKED = "evil.example\npaypal.com\nбанк.example\n"


def test_a_host_that_nothing_names_passes(tmp_path: Path) -> None:
    assert reason("docs.example.com", a_list(tmp_path, BLOCKED)) == "passed"
    assert reason("notevil.example", a_list(tmp_path, BLOCKED)) == "passed"
    assert reason("evil.example.com", a_list(tmp_path, BLOCKED)) == "passed"


def test_a_listed_domain_is_blocked_with_all_below_it_and_the_line_is_named(tmp_path: Path) -> None:
    found = decision("www.EVIL.example.", a_list(tmp_path, BLOCKED))
    assert (found.can_fetch, found.reason, found.place) == (False, "blocked", f"{tmp_path}/all.block:1")


def test_deny_goes_before_allow_and_allow_before_block(tmp_path: Path) -> None:
    lists = (
        a_list(tmp_path, BLOCKED),
        a_list(tmp_path, "evil.example\n", "allow"),
        a_list(tmp_path, "very.evil.example\n", "deny"),
    )
    assert decision("evil.example", *lists).can_fetch
    assert reason("a.evil.example", *lists) == "allowed"
    assert reason("a.very.evil.example", *lists) == "denied"


def test_an_organisation_has_its_own_lists_and_nobody_else_has_them(tmp_path: Path) -> None:
    lists = (
        a_list(tmp_path, BLOCKED),
        a_list(tmp_path, "evil.example\n", "allow", "acme"),
        a_list(tmp_path, "docs.example\n", "deny", "acme"),
    )
    assert reason("evil.example", *lists, organisation="acme") == "allowed"
    assert reason("docs.example", *lists, organisation="acme") == "denied"
    assert reason("evil.example", *lists, organisation="people") == "blocked"
    assert reason("docs.example", *lists) == "passed"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0x7f.1", "metadata.google.internal", "wiki", "a.internal"])
def test_no_list_opens_what_may_never_be_fetched(tmp_path: Path, host: str) -> None:
    allow = a_list(tmp_path, "localhost\n127.0.0.1\nmetadata.google.internal\nwiki\ninternal\n", "allow")
    assert not decision(host, allow).can_fetch


@pytest.mark.parametrize(
    "host",
    [
        "pаypal.com",  # one Cyrillic letter among Latin ones
        "www.pаypal.com",
        "раураӏ.com",  # all Cyrillic
        "xn--pypal-4ve.com",
        "бaнк.example",  # one Latin letter among Cyrillic ones
    ],
)
def test_a_name_that_looks_like_a_listed_one_is_refused(tmp_path: Path, host: str) -> None:
    found = decision(host, a_list(tmp_path, BLOCKED))
    assert (found.can_fetch, found.reason) == (False, "confusable")
    assert found.place.startswith(f"{tmp_path}/all.block:")


def test_a_name_that_looks_like_an_allowed_one_is_refused_too(tmp_path: Path) -> None:
    assert reason("pаypal.com", a_list(tmp_path, "paypal.com\n", "allow")) == "confusable"


@pytest.mark.parametrize("host", ["münchen.de", "пример.example", "rnicrosoft.com", "paypa1.com", "日本.example"])
def test_names_that_only_resemble_are_left_alone(tmp_path: Path, host: str) -> None:
    """Look-alikes in ASCII are real names of others: only what needs another script is taken for an imitation."""
    assert reason(host, a_list(tmp_path, f"microsoft.com\n{BLOCKED}munchen.de\n")) == "passed"


def test_the_listed_name_itself_is_no_imitation(tmp_path: Path) -> None:
    assert reason("банк.example", a_list(tmp_path, BLOCKED)) == "blocked"
    assert reason("pаypal.com", a_list(tmp_path, "pаypal.com\npaypal.com\n", "allow")) == "allowed"


def test_an_exception_in_a_zone_leaves_the_host_alone(tmp_path: Path) -> None:
    zone = "$ORIGIN rpz.test.\n*.evil.example CNAME .\nok.evil.example CNAME rpz-passthru.\n"
    assert reason("ok.evil.example", a_list(tmp_path, zone)) == "passed"
    assert reason("bad.evil.example", a_list(tmp_path, zone)) == "blocked"


def test_a_listed_address_is_blocked(tmp_path: Path) -> None:
    assert reason("8.8.8.8", a_list(tmp_path, "8.8.8.8\n")) == "blocked"
    assert reason("[2606:4700::1111]", a_list(tmp_path, "2606:4700:0::1111\n")) == "blocked"


def test_every_reason_has_its_words(tmp_path: Path) -> None:
    assert decision("a.example").reason in REASONS
    for host in ("localhost", "wiki", "10.0.0.1", "169.254.169.254", "010.8.8.8"):
        assert reason(host, a_list(tmp_path, BLOCKED)) in REASONS
