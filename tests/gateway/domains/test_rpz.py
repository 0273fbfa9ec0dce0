"""Zones of response policy: rules about names are read, everything else of a zone is left out."""

from __future__ import annotations

import pytest

from carnet.gateway.domains.index import BELOW, EXACT, PASS_BELOW, PASS_EXACT
from carnet.gateway.domains.lines import LineError, numbered
from carnet.gateway.domains.rpz import rpz_rows

ZONE = """\
$TTL 60
@ IN SOA localhost. root.localhost. (
    1 ; serial
    3600 600 86400 60 )
  NS localhost.
; a comment
bad.example       CNAME .
*.bad.example 300 IN CNAME .
nodata.example IN 5m CNAME *.
ok.bad.example    CNAME rpz-passthru.
*.ok.bad.example  CNAME rpz-passthru.
drop.example      CNAME rpz-drop.
walled.example    A 192.0.2.1
                  AAAA 2001:db8::1
32.1.2.0.192.rpz-ip CNAME .
ns.example.rpz-nsdname CNAME .
absolute.example.rpz.test. CNAME .
"""


def rows(text: str) -> list[tuple[bytes, int, int]]:
    return list(rpz_rows(numbered(text.encode().splitlines(keepends=True))))


def test_rules_about_names_are_read() -> None:
    found = rows(ZONE.replace("$TTL 60", "$ORIGIN rpz.test."))
    assert [(name.decode(), flags) for name, flags, _ in found] == [
        ("bad.example", EXACT),
        ("bad.example", BELOW),
        ("nodata.example", EXACT),
        ("ok.bad.example", PASS_EXACT),
        ("ok.bad.example", PASS_BELOW),
        ("drop.example", EXACT),
        ("walled.example", EXACT),
        ("walled.example", EXACT),
        ("absolute.example", EXACT),
    ]
    assert found[0][2] == 7


def test_the_zone_may_be_named_by_its_first_record() -> None:
    assert rows("rpz.test. 60 IN SOA a. b. 1 2 3 4 5\nx.example.rpz.test. CNAME .\n") == [(b"x.example", EXACT, 2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bad.example CNAME .\nbad.example\n", "line 2: this is no record"),
        ("    CNAME .\n", "line 1: this is no record"),
        ("$INCLUDE other\n", r"line 1: \$INCLUDE"),
        ("$ORIGIN rpz.test.\nx.other. CNAME .\n", "line 2: .*outside the zone"),
        ("x.other. CNAME .\n", "line 1: .*outside the zone"),
    ],
)
def test_what_is_no_record_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(LineError, match=words):
        rows(text)
