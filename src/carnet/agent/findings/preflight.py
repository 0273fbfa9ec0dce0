"""The host name check skipped with nothing in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import on, place
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View


def preflight(view: View) -> Iterator[Finding]:
    """A skipped check without rules about the hosts that may be fetched."""
    key = view.layout.watch.preflight
    located = view.machine.settings.get(key)
    if located is None or not on(located.value) or _has_rules(view):
        return
    yield Finding(
        "domain-check.skipped-without-rules",
        "medium",
        "the host name check is skipped and no rule says which hosts may be fetched",
        place(f"settings.{key}", located),
        f"add permission rules such as {view.layout.watch.preflight_rule}example.com), or remove {key}",
        ("domain-check",),
        f"settings.{key}",
    )


def _has_rules(view: View) -> bool:
    permissions = view.machine.settings.get("permissions")
    if permissions is None or not isinstance(permissions.value, dict):
        return False
    rules = [rule for kind in ("allow", "deny", "ask") for rule in permissions.value.get(kind, [])]
    return any(isinstance(rule, str) and rule.startswith(view.layout.watch.preflight_rule) for rule in rules)
