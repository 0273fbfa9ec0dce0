"""The skipped host name check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.agent.homes import Home


@pytest.mark.parametrize("permissions", [{}, {"allow": ["Bash"]}, {"allow": ["WebFetch"]}])
def test_without_rules_about_hosts_it_is_named(made: Home, permissions: dict[str, object]) -> None:
    path = made.write("user", {"skipWebFetchPreflight": True, "permissions": permissions})

    assert made.found("domain-check.skipped-without-rules").where == f"{path}:2"


@pytest.mark.parametrize("kind", ["allow", "deny", "ask"])
def test_with_such_rules_it_is_not(made: Home, kind: str) -> None:
    made.write("user", {"skipWebFetchPreflight": True, "permissions": {kind: ["WebFetch(domain:*.test)"]}})

    assert made.ids() == set()


def test_a_check_that_runs_needs_none(made: Home) -> None:
    made.write("user", {"skipWebFetchPreflight": False})

    assert made.ids() == set()
