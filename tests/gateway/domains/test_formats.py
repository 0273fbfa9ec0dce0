"""Files of hosts and of domains, as they are found in the wild; and errors that name the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway.domains import formats
from carnet.gateway.domains.formats import recognised, rows_of
from carnet.gateway.domains.index import BELOW, EXACT
from carnet.gateway.domains.lines import LineError

BOTH = EXACT | BELOW


def rows(text: str | bytes, form: str) -> list[tuple[str, int, int]]:
    data = text.encode() if isinstance(text, str) else text
    return [(name.decode(), flags, line) for name, flags, line in rows_of(data.splitlines(keepends=True), form)]


def test_domains_stand_for_themselves_and_those_below() -> None:
    text = (
        "# a list\r\nExample.com\r\n\r\n.two.example  # why\n*.three.example\n! note\n; note\nmünchen.de\nfour.example."
    )
    assert rows(text, "domains") == [
        ("example.com", BOTH, 2),
        ("two.example", BOTH, 4),
        ("three.example", BELOW, 5),
        ("xn--mnchen-3ya.de", BOTH, 8),
        ("four.example", BOTH, 9),
    ]


def test_hosts_stand_for_themselves_alone() -> None:
    text = """\ufeff# hosts
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
fe80::1%lo0 localhost
255.255.255.255 broadcasthost
0.0.0.0 0.0.0.0
0.0.0.0 ads.example.com tracker.example.com # two
0.0.0.0\tADS.example.org
:: six.example
"""
    assert rows(text, "hosts") == [
        ("ads.example.com", EXACT, 7),
        ("tracker.example.com", EXACT, 7),
        ("ads.example.org", EXACT, 8),
        ("six.example", EXACT, 9),
    ]


def test_addresses_may_be_listed() -> None:
    assert rows("203.0.113.7\n2001:DB8::1\n", "domains") == [("203.0.113.7", BOTH, 1), ("2001:db8::1", BOTH, 2)]
    assert rows("ok.example\n12.34", "domains")[1] == ("12.0.0.34", BOTH, 2)


def test_names_from_before_idna_2008_do_no_harm() -> None:
    assert rows("xn--n3h.example\n", "domains") == [("xn--n3h.example", BOTH, 1)]


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("ok.example\nhttp://bad.example/\n", "domains", "line 2: .*no domain"),
        ("ok.example\nbad..example\n", "domains", "line 2: .*no domain"),
        ("ok.example\n-bad.example\n", "domains", "line 2: .*no domain"),
        ("ok.example\n10.0.0.0/8\n", "domains", "line 2: .*no domain"),
        ("ok.example\n1.2.3.4.5", "domains", "line 2: .*no domain"),
        ("two words\n", "domains", "line 1: .*more than one"),
        ("||ads.example^\n", "domains", "line 1: .*no domain"),
        (b"caf\xe9.example\n", "domains", "line 1: .*no domain"),
        ("ads.example\n", "hosts", "line 1: .*not an address"),
        ("0.0.0.0 a.example\nads.example b.example\n", "hosts", "line 2: .*not an address"),
        ("0.0.0.0 a.example\n0.0.0.0 b@d.example\n", "hosts", "line 2: .*no domain"),
        ("a.example CNAME .\nb b b\n", "rpz", "line 2"),
        ("a/b CNAME .\n", "rpz", "line 1: .*no domain"),
    ],
)
def test_what_is_not_understood_is_told_with_its_line(text: str | bytes, form: str, words: str) -> None:
    with pytest.raises(LineError, match=words):
        rows(text, form)


@given(
    st.lists(
        st.sampled_from(
            ["a.example", "B.example", "", "x--y.z", "# c", "*.w.example", "m.n.o", "a_b.c", "9.to", "com"]
        ),
        max_size=12,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whole_pieces_come_out_as_line_by_line(lines: list[str], end: str) -> None:
    text = "".join(line + end for line in lines).encode().splitlines(keepends=True)
    one_by_one = [row for number, line in enumerate(text, 1) for row in formats._domains([(number, line)])]
    assert list(rows_of(text, "domains")) == one_by_one


def test_the_line_is_right_behind_many_plain_ones() -> None:
    text = "".join(f"n{number}.example\n" for number in range(10_000)) + "b@d\n"
    with pytest.raises(LineError, match="line 10001: "):
        rows(text, "domains")
    assert rows("".join(f"0.0.0.0 n{number}.example\n" for number in range(5000)), "hosts")[-1] == (
        "n4999.example",
        EXACT,
        5000,
    )


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("# x\nexample.com\n", "domains"),
        ("\ufeff# x\n\n0.0.0.0 example.com\n", "hosts"),
        ("::1 localhost\n", "hosts"),
        ("; x\n$TTL 60\n", "rpz"),
        ("@ IN SOA a. b. 1 2 3 4 5\n", "rpz"),
        ("bad.example CNAME .\n", "rpz"),
        ("", "domains"),
        ("203.0.113.7\n", "domains"),
    ],
)
def test_the_format_is_told_from_the_beginning(head: str, form: str) -> None:
    assert recognised(head.encode()) == form
