"""Permission rules about hosts match as their documents say."""

from __future__ import annotations

import pytest

from carnet.agent.fetching.rules import HostRules, host_rules
from carnet.model.host import read_host
from carnet.model.machine import Located, Machine, Source

OPENING = "WebFetch(domain:"


def machine(permissions: object, **others: object) -> Machine:
    settings = {
        "permissions": Located(permissions, "user"),
        **{key: Located(value, "managed") for key, value in others.items()},
    }
    managed = {"permissions": Located({"allow": ["WebFetch(domain:managed.example)"]}, "managed")}
    return Machine(settings=settings, env={}, sources=(Source("managed", "m", "read", "file", managed, {}),))


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("example.com", "example.com", True),
        ("Example.COM.", "EXAMPLE.com.", True),
        ("example.com", "www.example.com", False),
        ("example.com", "badexample.com", False),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*", "anything.test", True),
        ("example.*", "example.org", True),
        ("example.*", "example.evil.com", False),
        ("api-*.example.com", "api-1.example.com", True),
        ("api-*.example.com", "api-1.evil.example.com", False),
        ("*.*.example.com", "a.b.c.example.com", True),
        ("e.ample.com", "example.com", False),
        ("[::1]", "::1", True),
        ("münchen.de", "xn--mnchen-3ya.de", True),
        ("*.münchen.de", "www.xn--mnchen-3ya.de", True),
        ("a/b", "a", False),
    ],
)
def test_patterns(pattern: str, host: str, matches: bool) -> None:  # noqa: FBT001 - a table
    rules = host_rules(machine({"deny": [f"WebFetch(domain:{pattern})"]}), OPENING)
    assert (rules.judge(read_host(host)) == "deny") == matches


def test_the_strictest_rule_decides() -> None:
    everything = ("example.com",)
    host = read_host("example.com")
    assert HostRules(everything, everything, everything).judge(host) == "deny"
    assert HostRules((), everything, everything).judge(host) == "ask"
    assert HostRules((), (), everything).judge(host) == "allow"
    assert HostRules().judge(host) == ""


def test_the_bare_tool_stands_for_every_host() -> None:
    for rule in ("WebFetch", "WebFetch(*)", " WebFetch "):
        assert host_rules(machine({"ask": [rule]}), OPENING).ask == ("*",)


def test_rules_of_other_tools_and_broken_ones_are_none() -> None:
    permissions = {
        "allow": ["Bash(curl:*)", "WebFetch(url:x)", "WebFetch(domain:a.example", 3, None],
        "deny": "WebFetch",
        "ask": None,
    }
    assert host_rules(machine(permissions), OPENING) == HostRules()
    assert host_rules(machine([]), OPENING) == HostRules()


def test_only_managed_rules_count_where_the_managed_settings_say_so() -> None:
    given = {"allow": ["WebFetch(domain:user.example)"]}
    assert host_rules(machine(given), OPENING).allow == ("user.example",)
    assert host_rules(machine(given, allowManagedPermissionRulesOnly=True), OPENING).allow == ("managed.example",)
