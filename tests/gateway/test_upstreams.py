from __future__ import annotations

import pytest

from carnet.errors import CarnetError
from carnet.gateway.upstreams import Upstreams, upstream_at

ONE, TWO = upstream_at("one", "https://one.test"), upstream_at("two", "https://two.test")
OTHER = upstream_at("other", "https://other.test", speaks="another")


def test_an_address_is_read_into_its_parts() -> None:
    upstream = upstream_at("aws", "https://[::1]:8443/a/b/", ((b"x-api-key", b"k"),), provider="anthropic-aws")
    assert (upstream.tls, upstream.host, upstream.port, upstream.prefix) == (True, "::1", 8443, b"/a/b")
    assert upstream.authority == b"[::1]:8443"
    assert str(upstream.url) == "https://[::1]:8443"


def test_the_usual_port_is_not_named() -> None:
    assert (ONE.authority, ONE.prefix) == (b"one.test", b"")


def test_nothing_that_shows_an_upstream_shows_its_credential() -> None:
    assert "secret" not in repr(upstream_at("one", "https://one.test", ((b"x-api-key", b"secret"),)))


@pytest.mark.parametrize(
    "url", ["", "one.test", "ftp://one.test", "https://", "https://u:p@one.test", "https://one.test?a=b", "https://a#b"]
)
def test_what_is_no_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(CarnetError, match="upstream one"):
        upstream_at("one", url)


@pytest.mark.parametrize(
    "pair", [(b"x-api-key", b"a\r\nb"), (b"x-api-key", b""), (b"x api", b"a"), (b"x-api-key", b" a")]
)
def test_a_credential_cannot_write_a_header(pair: tuple[bytes, bytes]) -> None:
    with pytest.raises(CarnetError, match="credential"):
        upstream_at("one", "https://one.test", (pair,))


def test_a_provider_nobody_knows_is_refused() -> None:
    with pytest.raises(CarnetError, match="anthropic-aws"):
        upstream_at("one", "https://one.test", provider="other")


def test_upstreams_are_tried_in_the_order_of_the_admission() -> None:
    known = Upstreams([ONE, TWO, OTHER], 10)
    assert known.ways(("two", "gone", "other", "one"), "messages", 0) == [TWO, ONE]
    assert known.ways(("other",), "messages", 0) == []
    assert known.ways((), "messages", 0) == []


def test_one_that_could_not_be_reached_comes_last_for_a_while() -> None:
    known = Upstreams([ONE, TWO], 10)
    known.failed(ONE, 100)
    assert known.ways(("one", "two"), "messages", 109) == [TWO, ONE]
    assert known.ways(("one", "two"), "messages", 110) == [ONE, TWO]
    known.failed(ONE, 200)
    known.answered(ONE)
    assert known.ways(("one", "two"), "messages", 201) == [ONE, TWO]
