"""What may be fetched, what is asked, what is remembered; and every way around it is closed."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.agent import Bounds, NotFetchedError
from tests.agent.fetching.ground import APRIL, AUGUST, answer, moved

if TYPE_CHECKING:
    from datetime import date

    from carnet.agent import Fetcher
    from tests.agent.fetching.ground import Web


def refused(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(NotFetchedError) as found:
        fetcher.fetch(url)
    assert str(found.value)
    assert "secret" not in str(found.value)
    return found.value.reason


def test_a_page_is_asked_about_and_then_fetched(web: Web) -> None:
    page = web.fetcher().fetch(web.url(target="/a?b=c#d"))
    assert (page.status, page.body, page.url) == (200, b"hello", web.url(target="/a?b=c"))
    assert web.asked == ["pages.example"]
    assert web.site.targets == ["/a?b=c"]
    head = web.site.heads[0].lower()
    assert f"host: pages.example:{web.site.port}" in head
    assert "user-agent: my-agent/1.0" in head


def test_nothing_but_the_host_name_is_sent_to_the_check(web: Web) -> None:
    web.fetcher().fetch(web.url(target="/secret?secret"))
    (head,) = web.check.heads
    assert "secret" not in head
    assert head.startswith("GET /api/web/domain_info?domain=pages.example HTTP/1.1\r\n")
    assert "my-agent" not in head
    assert "Authorization" not in head


def test_a_key_goes_to_the_check_and_nowhere_else(web: Web) -> None:
    web.fetcher(key="ck_something").fetch(web.url())
    assert "Authorization: Bearer ck_something" in web.check.heads[0]
    assert "ck_something" not in web.site.heads[0]


def test_a_host_that_is_refused_is_not_connected_to(web: Web) -> None:
    web.no.add("pages.example")
    assert refused(web.fetcher(), web.url()) == "refused"
    assert (web.site.heads, web.lookups) == ([], [])


@pytest.mark.parametrize(
    "broken",
    [
        answer(b"{}", "500 Oops"),
        answer(b"", "302 Found", "Location: http://127.0.0.1/"),
        answer(b"no json"),
        answer(b"[]"),
        answer(b"{}"),
        answer(b'{"can_fetch": "true"}'),
        answer(b'{"can_fetch": 1}'),
        answer(b'{"domain": "other.example", "can_fetch": true}'),
        answer(b" " * 70_000),
        answer(b"[" * 60_000),
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    ],
)
def test_whatever_is_no_clear_yes_is_a_no_and_is_asked_again(web: Web, broken: bytes) -> None:
    fetcher = web.fetcher()
    web.broken = broken
    assert refused(fetcher, web.url()) == "unreachable"
    assert web.site.heads == []
    web.broken = None
    assert fetcher.preflight("pages.example").allowed


def test_a_check_that_cannot_be_reached_lets_nothing_pass(web: Web) -> None:
    web.check.close()
    assert web.fetcher().preflight("pages.example").reason == "unreachable"


def test_a_check_that_drips_is_not_waited_for(web: Web) -> None:
    web.broken = (piece for _ in range(100) for piece in (b"H", 0.05))
    assert web.fetcher(Bounds(check_seconds=0.2)).preflight("pages.example").reason == "unreachable"


@pytest.mark.parametrize(
    ("day", "again"), [(APRIL, ["a.example", "b.example"]), (AUGUST, ["a.example", "b.example", "b.example"])]
)
def test_answers_are_remembered_as_the_rule_of_the_day_says(web: Web, day: date, again: list[str]) -> None:
    web.day = day
    web.no.add("b.example")
    fetcher = web.fetcher()
    for _ in range(2):
        assert fetcher.preflight("a.example").allowed
        assert fetcher.preflight("b.example").reason == "refused"
    assert web.asked == again


def test_after_five_minutes_a_host_is_asked_about_again(web: Web) -> None:
    fetcher = web.fetcher()
    fetcher.preflight("a.example")
    web.at = 299.9
    fetcher.preflight("A.example.")
    assert web.asked == ["a.example"]
    web.at = 300.0
    web.no.add("a.example")
    assert not fetcher.preflight("a.example").allowed


def test_memory_of_hosts_is_bounded(web: Web) -> None:
    fetcher = web.fetcher(Bounds(remembered=2))
    for name in ("a.example", "b.example", "c.example", "a.example"):
        fetcher.preflight(name)
    assert web.asked == ["a.example", "b.example", "c.example", "a.example"]


def test_before_any_document_spoke_of_the_check_it_is_asked_each_time(web: Web) -> None:
    web.day = APRIL.replace(month=3)
    fetcher = web.fetcher()
    assert [fetcher.preflight("a.example").allowed for _ in range(2)] == [True, True]
    assert web.asked == ["a.example"] * 2


@pytest.mark.parametrize("layer", ["home", "project", "managed"])
def test_the_check_may_be_skipped_by_a_setting_of_any_layer(web: Web, layer: str) -> None:
    web.no.add("pages.example")
    web.settings({"skipWebFetchPreflight": True}, layer)
    fetcher = web.fetcher()
    assert fetcher.preflight("pages.example").reason == "skipped"
    assert fetcher.fetch(web.url()).body == b"hello"
    assert web.asked == []


def test_skipping_the_check_opens_no_private_address(web: Web) -> None:
    web.settings({"skipWebFetchPreflight": True})
    web.names["inside.example"] = [["10.0.0.1"]]
    fetcher = web.fetcher()
    assert refused(fetcher, web.url("inside.example")) == "private"
    assert refused(fetcher, web.url("[::1]")) == "private-address"


def test_a_setting_that_changes_counts_at_the_next_look(web: Web) -> None:
    fetcher = web.fetcher()
    web.settings({"skipWebFetchPreflight": True})
    web.at = 1.5
    assert fetcher.preflight("a.example").reason == "skipped"


def test_settings_that_cannot_be_read_let_nothing_pass(web: Web) -> None:
    web.settings({})
    (web.folder / "home/.claude/settings.json").write_text('{"permissions": {"deny": ["WebFetch"]}')
    checked = web.fetcher().preflight("pages.example")
    assert (checked.allowed, checked.reason) == (False, "settings")
    assert "settings.json" in checked.words
    assert web.asked == []


def test_permission_rules_decide_before_anybody_is_asked(web: Web) -> None:
    rules = {
        "allow": ["WebFetch(domain:*.example)"],
        "deny": ["WebFetch(domain:bad.example)"],
        "ask": ["WebFetch(domain:maybe.example)"],
    }
    web.settings({"permissions": rules})
    fetcher = web.fetcher()
    hosts = ("bad.example", "maybe.example", "other.test", "good.example")
    assert [fetcher.preflight(host).reason for host in hosts] == ["denied", "ask", "not-allowed", "passed"]
    assert web.asked == ["good.example"]
    web.confirmed = {"bad.example", "maybe.example", "other.test"}
    assert [fetcher.preflight(host).reason for host in hosts] == ["denied", "passed", "passed", "passed"]


def test_an_allow_rule_does_not_replace_the_check(web: Web) -> None:
    web.settings({"permissions": {"allow": ["WebFetch(domain:evil.example)"]}})
    web.no.add("evil.example")
    assert web.fetcher().preflight("evil.example").reason == "refused"


@pytest.mark.parametrize(
    "host", ["localhost", "wiki", "printer.local", "a.internal", "10.0.0.1", "0x7f.1", "[::1]", "169.254.169.254"]
)
def test_names_of_ones_own_network_are_told_to_nobody(web: Web, host: str) -> None:
    assert not web.fetcher().preflight(host).allowed
    assert web.asked == []


@pytest.mark.parametrize("host", ["", "https://a.example", "a.example/secret", "a.example:80", "u@a.example", "a b"])
def test_what_is_no_host_is_refused(web: Web, host: str) -> None:
    assert web.fetcher().preflight(host).reason == "no-host"
    assert web.asked == []


# --- ways around


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.2",
        "::1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "fe80::1%lo",
        "fe80::1",
        "0.0.0.0",
        "x",
    ],
)
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(web: Web, address: str) -> None:
    for found in ([address], ["127.0.0.1", address]):
        web.names["pages.example"] = [found]
        assert refused(web.fetcher(), web.url()) == "private"
    assert web.site.heads == []


def test_the_address_that_was_judged_is_the_one_that_is_dialled(web: Web) -> None:
    """DNS rebinding: the second answer would lead inside, and is never asked for."""
    web.names["pages.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    assert web.fetcher().fetch(web.url()).body == b"hello"
    assert web.lookups == ["pages.example"]


def test_a_redirect_is_looked_up_and_judged_anew(web: Web) -> None:
    web.pages["/"] = moved("/again")
    web.names["pages.example"] = [["127.0.0.1"], ["127.0.0.2"]]
    assert refused(web.fetcher(), web.url()) == "private"
    assert web.site.targets == ["/"]


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ("http://127.0.0.2/secret", "private-address"),
        ("http://[::1]:80/", "private-address"),
        ("http://2130706433/", "odd-address"),
        ("http://0177.0.0.1/", "odd-address"),
        ("//169.254.169.254/latest", "private-address"),
        ("http://localhost/", "local-name"),
        ("http://evil.example/", "refused"),
        ("http://denied.example/", "denied"),
        ("http://pages.example@evil.example/", "url"),
        ("http://user:secret@pages.example/", "url"),
        ("file:///etc/passwd", "url"),
        ("ftp://pages.example/", "url"),
        ("gopher://pages.example/", "url"),
        ("http://[fe80::1%25lo]/", "no-host"),
        ("http://pages.example\\@evil.example/", "url"),
        ("http://:80/nothing", "no-host"),
        ("http://pages.example:99999/", "url"),
        ("http://pages.example:0/", "url"),
        ("http://[pages/", "url"),
    ],
)
def test_a_redirect_is_checked_as_the_first_address_was(web: Web, goal: str, reason: str) -> None:
    web.settings({"permissions": {"deny": ["WebFetch(domain:denied.example)"]}})
    web.no.add("evil.example")
    web.pages["/"] = moved(goal)
    assert refused(web.fetcher(), web.url()) in {reason, {"odd-address": "private-address"}.get(reason, reason)}
    assert len(web.site.heads) == 1


def test_a_redirect_to_a_good_host_is_followed_and_checked(web: Web) -> None:
    web.pages |= {"/": moved(web.url("other.example", "/b")), "/b": moved("c", "308 Permanent Redirect")}
    page = web.fetcher().fetch(web.url())
    assert page.url == web.url("other.example", "/c")
    assert web.asked == ["pages.example", "other.example"]
    assert web.lookups == ["pages.example", "other.example", "other.example"]


def test_redirects_end(web: Web) -> None:
    web.pages["/"] = moved("/")
    assert refused(web.fetcher(Bounds(redirects=3)), web.url()) == "redirects"
    assert len(web.site.heads) == 4


def test_other_scripts_travel_as_a_labels(web: Web) -> None:
    assert web.fetcher().fetch(web.url("MÜNCHEN.example", "/ä")).status == 200
    assert web.asked == ["xn--mnchen-3ya.example"]
    assert web.lookups == ["xn--mnchen-3ya.example"]
    assert web.site.targets == ["/%C3%A4"]
    assert "host: xn--mnchen-3ya.example" in web.site.heads[0].lower()


def test_a_drip_ends_with_the_time_whatever_it_drips(web: Web) -> None:
    drips = {
        "/head": (piece for _ in range(100) for piece in (b"H", 0.05)),
        "/body": (piece for part in [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 100] for piece in (part, 0.05)),
        "/chunk": (
            piece
            for part in [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100]
            for piece in (part, 0.05)
        ),
        "/long": (
            piece for part in [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99] for piece in (part, 0.05)
        ),
    }
    web.pages |= drips
    for target in drips:
        assert refused(web.fetcher(Bounds(seconds=0.3)), web.url(target=target)) == "timeout"


def test_one_time_holds_for_all_redirects_together(web: Web) -> None:
    for number in range(9):
        web.pages[f"/{number}"] = [0.2, moved(f"/{number + 1}")]
    assert refused(web.fetcher(Bounds(seconds=0.5, redirects=20)), web.url(target="/0")) == "timeout"


def test_a_resolver_that_hangs_is_left_alone(web: Web) -> None:
    release = threading.Event()
    fetcher = web.fetcher(Bounds(seconds=0.3))
    object.__setattr__(fetcher._network, "lookup", lambda *_: release.wait(10) and [])
    try:
        assert refused(fetcher, web.url()) == "timeout"
    finally:
        release.set()


def test_what_the_page_shows_runs(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(web.folder)
    page = (Path(__file__).parents[3] / "docs/domains.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    exec(block.replace("127.0.0.1:8417", f"127.0.0.1:{web.check.port}"), {})  # noqa: S102 - our own page
    assert web.asked == ["example.com"]
