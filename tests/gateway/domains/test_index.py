"""A set of names that is exact: what is in it is found, what is not is not, whatever hashes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.domains import index
from carnet.gateway.domains.asked import asked
from carnet.gateway.domains.index import BELOW, EXACT, PASS_BELOW, PASS_EXACT, NameIndex, looks, shown
from carnet.model.host import read_host

if TYPE_CHECKING:
    from collections.abc import Mapping

names = st.lists(st.sampled_from(["a", "m", "rn", "0", "o", "1", "l"]), min_size=1, max_size=3).map(".".join)


def found(index_: NameIndex, host: str) -> tuple[bytes, bool] | None:
    named = asked(read_host(host))
    entry = index_.find(named.names, named.looks)
    return None if entry is None else (index_.name(entry[0]), entry[1])


def of(rows: Mapping[str, int]) -> NameIndex:
    return NameIndex((name.encode(), flags, number) for number, (name, flags) in enumerate(rows.items(), 1))


@given(st.sets(names, max_size=40), st.lists(names, max_size=20))
def test_it_is_a_set_of_names_however_alike_they_look(listed: set[str], asked_for: list[str]) -> None:
    made = NameIndex((name.encode(), EXACT | BELOW, 1) for name in listed)
    assert made.count == len(listed)
    for name in asked_for:
        here = made.find([name.encode()], [looks(name.encode())]) is not None
        assert here == (name in listed)


def test_names_that_share_every_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "hash", lambda _: 7 << 32 | 3, raising=False)
    made = of({f"n{number}.example": EXACT for number in range(50)})
    assert made.count == 50
    assert found(made, "n49.example") == (b"n49.example", True)
    assert found(made, "n50.example") is None


def test_entries_speak_for_a_name_or_for_those_below_it() -> None:
    made = of({"exact.example": EXACT, "below.example": BELOW, "both.example": EXACT | BELOW})
    cases = {
        "exact.example": True,
        "a.exact.example": False,
        "below.example": False,
        "a.b.below.example": True,
        "both.example": True,
        "a.both.example": True,
        "notboth.example": False,
    }
    assert {host: found(made, host) is not None for host in cases} == cases


def test_the_nearest_entry_decides_and_an_exception_goes_before_its_block() -> None:
    made = of({"example.com": EXACT | BELOW, "ok.example.com": PASS_EXACT | PASS_BELOW, "bad.ok.example.com": EXACT})
    assert found(made, "www.example.com") == (b"example.com", True)
    assert found(made, "a.ok.example.com") == (b"ok.example.com", False)
    assert found(made, "bad.ok.example.com") == (b"bad.ok.example.com", True)


def test_a_name_that_comes_twice_says_both() -> None:
    made = NameIndex([(b"a.example", EXACT, 1), (b"a.example", BELOW, 9)])
    assert (made.count, made.flags(0), made.line(0)) == (1, EXACT | BELOW, 1)


def test_a_last_label_may_be_listed() -> None:
    assert found(of({"zip": EXACT | BELOW}), "a.zip") == (b"zip", True)


def test_names_alike_are_found_by_their_skeleton() -> None:
    made = of({"paypal.com": EXACT, "paypa1.com": EXACT, "other.com": EXACT})
    assert [made.name(number) for number in made.alike(looks(b"paypal.com"))] == [b"paypal.com", b"paypa1.com"]


def test_an_empty_one_has_nothing() -> None:
    assert found(NameIndex([]), "example.com") is None


def test_it_takes_less_than_a_hundred_bytes_a_name() -> None:
    made = NameIndex((f"name-{number}.example.com".encode(), EXACT, number) for number in range(10_000))
    assert made.bytes < 100 * 10_000


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST", 2)
    with pytest.raises(ValueError, match="more than 2 lines"):
        of({"a.b": 1, "b.b": 1, "c.b": 1})


def test_a_listed_name_is_shown_in_its_letters() -> None:
    assert shown(b"xn--mnchen-3ya.de") == "münchen.de"
    assert shown(b"xn--\xff.de".replace(b"\xff", b"99999999999")) != ""
    assert NameIndex([(b"a.b", PASS_EXACT | PASS_BELOW, 1)]).flags(0) == PASS_EXACT | PASS_BELOW
