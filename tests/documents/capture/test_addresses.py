"""Which addresses are public, and what the settings may allow."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.documents.capture.addresses import Allowed, objection
from carnet.errors import CarnetError


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.1", "loopback"),
        ("::1", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.16.0.9", "private"),
        ("192.168.1.1", "private"),
        ("fd12::1", "private"),
        ("fec0::1", "private"),
        ("100.64.0.1", "carrier"),
        ("100.127.255.254", "carrier"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.251", "multicast"),
        ("ff02::1", "multicast"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "metadata"),
        ("::127.0.0.1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a9fe:a9fe::1", "metadata"),
        ("2002:808:808::1", "6to4"),
        ("64:ff9b::a00:1", "private"),
        ("64:ff9b:1::a00:1", ""),
        ("2001:db8::5efe:10.0.0.1", "private"),
        ("2001::1", "private"),
        ("192.88.99.1", "reserved"),
        ("198.18.0.1", "private"),
        ("240.0.0.1", "private"),
        ("255.255.255.255", "private"),
        ("::ffff:0:7f00:1", "loopback"),
        ("::ffff:0:a9fe:a9fe", "metadata"),
        ("192.0.0.192", "metadata"),
        ("192.0.0.9", "reserved"),
        ("fd20:ce::254", "metadata"),
    ],
)
def test_addresses_that_are_not_public_are_refused_and_named(address: str, words: str) -> None:
    found = objection(ipaddress.ip_address(address))
    assert found
    assert words in found


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_not_refused(address: str) -> None:
    assert objection(ipaddress.ip_address(address)) == ""


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_ipv6_is_judged_as_the_address_itself(address: ipaddress.IPv4Address) -> None:
    plain = bool(objection(address))
    for wrapped in (f"::ffff:{address}", f"::ffff:0:{address}", f"64:ff9b::{address}"):
        assert bool(objection(ipaddress.ip_address(wrapped))) == plain


@given(st.ip_addresses())
def test_nothing_that_python_calls_not_global_gets_through(address: ipaddress.IPv4Address) -> None:
    if not address.is_global and not getattr(address, "ipv4_mapped", None):
        assert objection(address)


def test_settings_allow_hosts_ports_and_networks() -> None:
    allowed = Allowed.parse("intra.test, build.test:8080,10.0.0.0/8, [fd12::1], 127.0.0.1:99")
    assert allowed.names("INTRA.test.", 1)
    assert allowed.names("build.test", 8080)
    assert not allowed.names("build.test", 80)
    assert allowed.names("10.2.3.4", 80)
    assert allowed.names("fd12::1", 80)
    assert allowed.names("127.0.0.1", 99)
    assert not allowed.names("127.0.0.1", 98)
    assert not allowed.names("other.test", 80)


def test_an_empty_setting_allows_nothing() -> None:
    assert not Allowed.parse(" , ").names("localhost", 80)


@pytest.mark.parametrize("text", ["http://intra.test", "10.0.0.0/99", "a b", "host:port"])
def test_what_is_no_host_and_no_network_is_named(text: str) -> None:
    with pytest.raises(CarnetError, match=r"watch\.allow-private"):
        Allowed.parse(text)
