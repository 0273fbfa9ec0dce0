"""A question to the domain check: where it may go, and what counts as its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.agent.fetching.asking import DomainCheck, ask
from carnet.errors import CarnetError
from carnet.model.host import read_host
from tests.agent.fetching.ground import Site, answer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("address", "key", "words"),
    [
        ("http://carnet.example", "", "https only"),
        ("carnet.example", "", "is none"),
        ("ftp://127.0.0.1", "", "is none"),
        ("http://u:p@127.0.0.1", "", "is none"),
        ("http://127.0.0.1/?x", "", "is none"),
        ("http://127.0.0.1", "two words", "no key"),
        ("http://127.0.0.1", "line\nbreak", "no key"),
    ],
)
def test_what_is_no_address_and_no_key_is_said_at_the_start(address: str, key: str, words: str) -> None:
    with pytest.raises(CarnetError, match=words) as found:
        DomainCheck(address, key)
    assert not key or key not in str(found.value)


def test_a_key_is_not_shown() -> None:
    assert "ck_x" not in repr(DomainCheck("http://localhost:1", "ck_x"))


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site(lambda _: answer(b'{"can_fetch": false}', "200 OK", "Carnet-Reason: private-address"))
    yield found
    found.close()


def test_the_reason_of_a_no_is_passed_on(site: Site) -> None:
    checked = ask(DomainCheck(f"http://127.0.0.1:{site.port}/below/"), read_host("a.example"), 5)
    assert (checked.allowed, checked.reason) == (False, "refused")
    assert "private-address" in checked.words
    assert site.targets == ["/below/api/web/domain_info?domain=a.example"]


def test_an_ipv6_address_travels_quoted(site: Site) -> None:
    ask(DomainCheck(f"http://127.0.0.1:{site.port}"), read_host("[2606:4700::1]"), 5)
    assert site.targets == ["/api/web/domain_info?domain=2606%3A4700%3A%3A1"]


def test_a_reason_that_is_no_word_is_left_out() -> None:
    odd = Site(lambda _: answer(b'{"can_fetch": false}', "200 OK", "Carnet-Reason: <b>not a word</b>"))
    assert "<b>" not in ask(DomainCheck(f"http://127.0.0.1:{odd.port}"), read_host("a.example"), 5).words
    odd.close()
