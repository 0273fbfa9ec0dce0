"""Permission rules about hosts: `WebFetch(domain:…)` in allow, ask and deny, of all layers of settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.agent.precedence import joined
from carnet.model.host import read_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.model.host import Host
    from carnet.model.machine import Machine

LISTS = ("deny", "ask", "allow")
MANAGED_ONLY = "allowManagedPermissionRulesOnly"


@dataclass(frozen=True, slots=True)
class HostRules:
    """Patterns of hosts, by what becomes of those that match."""

    deny: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()

    def judge(self, host: Host) -> str:
        """`deny`, `ask` or `allow`, the strictest first; empty where no rule is about the host."""
        names = {host.name, host.shown}
        return next((kind for kind in LISTS if any(_matches(one, names) for one in getattr(self, kind))), "")


def host_rules(machine: Machine, opening: str) -> HostRules:
    """The rules of a machine. `opening` is how a rule about a host begins, such as `WebFetch(domain:`."""
    found = _permissions(machine)
    lists = {kind: tuple(_patterns(found.get(kind), opening)) for kind in LISTS}
    return HostRules(**lists)


def _permissions(machine: Machine) -> dict[str, object]:
    only = machine.settings.get(MANAGED_ONLY)
    if only is not None and only.value is True and only.layer == "managed":
        merged: object = {}
        for source in machine.sources:
            if source.layer == "managed" and source.state == "read" and "permissions" in source.values:
                merged = joined(source.values["permissions"].value, merged)
        return merged if isinstance(merged, dict) else {}
    located = machine.settings.get("permissions")
    return located.value if located is not None and isinstance(located.value, dict) else {}


def _patterns(rules: object, opening: str) -> Iterable[str]:
    tool = opening.partition("(")[0]
    for rule in rules if isinstance(rules, list) else ():
        text = rule.strip() if isinstance(rule, str) else ""
        if text in {tool, f"{tool}(*)"}:
            yield "*"
        elif text.startswith(opening) and text.endswith(")"):
            yield _pattern(text[len(opening) : -1].strip())


def _pattern(text: str) -> str:
    """A pattern in the form that hosts are compared in, where it is a host; what has stars stays as it is."""
    bare = text.lower().removesuffix(".")
    if "*" in bare:
        return bare
    try:
        return read_host(bare).name
    except ValueError:
        return bare


def _matches(pattern: str, names: Iterable[str]) -> bool:
    """A leading `*.` stands for any labels, a lone `*` for everything, any other star for part of one label."""
    if pattern == "*":
        return True
    head, rest = (r"(?:[^.]+\.)+", pattern[2:]) if pattern.startswith("*.") else ("", pattern)
    expression = head + "[^.]*".join(re.escape(part) for part in rest.split("*"))
    return any(re.fullmatch(expression, name) for name in names)
