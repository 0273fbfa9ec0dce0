from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.accounts.guesses import Allowance, Guesses, network

times = st.lists(st.floats(0, 100, allow_nan=False), max_size=60).map(sorted)


@given(times, st.integers(1, 5), st.floats(0.01, 2))
def test_never_more_than_the_burst_and_what_time_has_brought(at: list[float], burst: int, rate: float) -> None:
    allowance, taken = Allowance(burst, rate, 0.0), 0
    for now in at:
        if allowance.wait(now) == 0:
            allowance.take(now)
            taken += 1
        assert taken <= burst + now * rate + 1e-6


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_after_the_wait_one_more_is_allowed_and_a_clock_set_back_gives_nothing(start: float, back: float) -> None:
    allowance = Allowance(1, 0.5, start)
    allowance.take(start)
    wait = allowance.wait(start)
    assert wait > 0
    assert allowance.wait(start - back) >= wait
    assert allowance.wait(start + wait + 1e-6) <= 1e-6


def test_a_peer_waits_after_its_burst_and_others_do_not() -> None:
    guesses = Guesses(burst=3, per_minute=6)
    for _ in range(3):
        assert guesses.wait("192.0.2.1", 0) == 0
        guesses.wrong("192.0.2.1", 0)
    assert guesses.wait("192.0.2.1", 0) == 10
    assert guesses.wait("192.0.2.1", 9.5) == 1
    assert guesses.wait("192.0.2.1", 10) == 0
    assert guesses.wait("192.0.2.2", 0) == 0


def test_memory_is_bounded_and_the_quiet_are_forgotten() -> None:
    guesses = Guesses(burst=2, per_minute=60, most=10)
    for number in range(100):
        guesses.wrong(f"192.0.2.{number}", number / 100)
        assert len(guesses) <= 10
    guesses.wrong("198.51.100.1", 1000)
    assert len(guesses) == 1


def test_whoever_has_a_network_of_addresses_counts_once() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("fe80::1%eth0") == network("fe80::2")
    assert network("unix") == "unix"
