"""A host and the names above it, each with what it looks like."""

from __future__ import annotations

from carnet.gateway.domains.asked import asked
from carnet.model.host import read_host


def test_the_whole_comes_first_and_the_last_label_last() -> None:
    found = asked(read_host("a.m1.com"))
    assert found.names == (b"a.m1.com", b"m1.com", b"com")
    assert found.looks == (b"a.rnl.corn", b"rnl.corn", b"corn")
    assert found.international == ()


def test_an_address_is_one_whole() -> None:
    assert asked(read_host("8.8.8.8")).names == (b"8.8.8.8",)


def test_other_scripts_are_looked_for_in_ascii_and_judged_by_their_letters() -> None:
    found = asked(read_host("www.pаypal.com"))
    assert found.names[1] == b"xn--pypal-4ve.com"
    assert found.looks[1] == b"paypal.corn"
    assert found.international == (True, True, False)


def test_a_letter_with_two_readings_is_looked_for_by_both() -> None:
    found = asked(read_host("аррӏе.com"))
    assert (found.looks[0], found.otherwise[0]) == (b"appie.corn", b"apple.corn")
