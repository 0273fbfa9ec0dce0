"""One client cannot ask without end, and many cannot fill the memory."""

from __future__ import annotations

from carnet.gateway.domains.pace import Pace


def test_a_client_has_its_checks_and_then_waits() -> None:
    pace = Pace(3)
    assert [pace.wait("192.0.2.1", 0.0) for _ in range(4)] == [0, 0, 0, 20]
    assert pace.wait("192.0.2.2", 0.0) == 0
    assert pace.wait("192.0.2.1", 20.0) == 0
    assert pace.wait("192.0.2.1", 20.0) == 20


def test_refused_checks_do_not_lengthen_the_wait() -> None:
    pace = Pace(1)
    assert [pace.wait("192.0.2.1", 0.0) for _ in range(5)][-1] == 60
    assert pace.wait("192.0.2.1", 60.0) == 0


def test_addresses_of_one_ipv6_network_are_one_client() -> None:
    pace = Pace(1)
    assert pace.wait("2001:db8::1", 0.0) == 0
    assert pace.wait("2001:db8::2", 0.0) > 0
    assert pace.wait("2001:db8:0:1::1", 0.0) == 0


def test_memory_is_bounded_and_the_longest_quiet_go_first() -> None:
    pace = Pace(1, most=10)
    for number in range(100):
        pace.wait(f"192.0.2.{number}", 0.0)
    assert len(pace) == 10
    assert pace.wait("192.0.2.99", 0.0) > 0


def test_zero_sets_no_limit() -> None:
    pace = Pace(0)
    assert not any(pace.wait("192.0.2.1", 0.0) for _ in range(1000))
    assert len(pace) == 0
