"""Machines made for a test: files of every layer, an environment, and what Carnet makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from carnet.agent.audit import audit
from carnet.agent.findings import findings
from carnet.agent.findings.view import View
from carnet.agent.layout import layout
from carnet.agent.machine import assuming, read_machine
from carnet.agent.sources import Sources
from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.audit import Audit
    from carnet.agent.layout import Layout
    from carnet.model.finding import Finding
    from carnet.model.machine import Machine

NEW = date(2026, 8, 22)
OLD = date(2026, 4, 23)

PLACES = {
    "user": "home/.claude/settings.json",
    "remote": "home/.claude/remote-settings.json",
    "state": "home/.claude.json",
    "project": "project/.claude/settings.json",
    "local": "project/.claude/settings.local.json",
    "managed": "managed/managed-settings.json",
}


def claude() -> Layout:
    """The layout of the bundled pack."""
    known = layout(named("claude-code"))
    assert known is not None
    return known


@dataclass
class Home:
    """A home, a project and managed settings below one folder."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    day: date = NEW
    client: str | None = None
    facts: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "project", "managed"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def path(self, layer: str) -> Path:
        path = self.root / PLACES.get(layer, layer)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, layer: str, content: object) -> Path:
        """Write a layer's file: a text as it is, anything else as JSON, one key a line."""
        path = self.path(layer)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), "utf-8")
        return path

    def sources(self) -> Sources:
        root = self.root
        return Sources(root / "home", root / "project", self.environ, managed=root / "managed", own_home=False)

    def machine(self) -> Machine:
        return assuming(read_machine(self.sources(), claude(), self.day, self.client), claude(), self.facts)

    def view(self) -> View:
        machine, book = self.machine(), rulebook(named("claude-code"))
        tables = compile_tables(book, self.day)
        context = read_context({**machine.facts(), "as_of": self.day}, book, self.day)
        return View(machine, claude(), tables, context, resolve(tables, context.facts))

    def audit(self) -> Audit:
        view = self.view()
        return audit(view.machine, view.layout, view.tables, view.context)

    def findings(self) -> list[Finding]:
        return [one for one in findings(self.view()) if one.severity != "note"]

    def found(self, name: str) -> Finding:
        """The only finding with that id."""
        found = [one for one in self.findings() if one.id == name]
        assert len(found) == 1, [one.id for one in self.findings()]
        return found[0]

    def ids(self) -> set[str]:
        return {one.id for one in self.findings()}


def user(root: Path, **settings: object) -> Home:
    """A home whose user settings are these."""
    made = Home(root)
    made.write("user", settings)
    return made
