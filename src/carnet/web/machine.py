"""This machine on the start page: read when it is looked at, never written, no secret's value shown."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from carnet.agent.audit import audit
from carnet.agent.layout import layout
from carnet.agent.local_data import local_findings
from carnet.agent.machine import read_machine
from carnet.agent.secrets import shown
from carnet.agent.sources import Sources, folder
from carnet.errors import CarnetError
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.rulebook import rulebook
from carnet.web.asking import asked_of, default_pack, spelled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from carnet.agent.audit import Audit
    from carnet.packs import Pack
    from carnet.web.asking import Asked

SYSTEMS = {"darwin": "darwin", "win32": "windows", "cygwin": "windows"}
FRESH = 15.0
"""Seconds for which an answer is good: a page that is loaded twice reads the machine once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The machine as it was read, or why it could not be."""

    audit: Audit | None
    why: str = ""


@dataclass(slots=True)
class Machine:
    """The machine that serves the pages."""

    sources: Sources | None
    """None where it is not to be shown."""
    _kept: tuple[float, date, Seen] | None = None
    _lock: Lock = field(default_factory=Lock)

    def look(self, now: datetime) -> Seen | None:
        """What an audit says now; None where it is not to be shown."""
        if self.sources is None:
            return None
        with self._lock:
            kept, clock, day = self._kept, time.monotonic(), now.date()
            if kept is None or clock - kept[0] > FRESH or kept[1] != day:
                kept = self._kept = (clock, day, _examined(self.sources, now))
            return kept[2]


def machine_of(environ: Mapping[str, str]) -> Machine:
    """The machine of a process with that environment; its project is no folder but the home itself."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if not home:
        return Machine(None)
    path = Path(home)
    system = SYSTEMS.get(sys.platform, "linux")
    return Machine(Sources(path, path, dict(environ), system, user=environ.get("USER", "")))


def _examined(sources: Sources, now: datetime) -> Seen:
    try:
        return Seen(_examine(default_pack(), sources, now))
    except (CarnetError, OSError) as error:
        return Seen(None, str(error))


def _examine(pack: Pack, sources: Sources, now: datetime) -> Audit | None:
    known = layout(pack)
    if known is None:
        return None
    if sys.platform == "win32":
        from carnet.agent.registry import policies  # noqa: PLC0415 - there is no registry elsewhere

        sources = replace(sources, policies=policies(known.systems["windows"]))
    book, day = rulebook(pack), now.date()
    machine = read_machine(sources, known, day)
    context = read_context({**machine.facts(), "as_of": day}, book, day)
    left = local_findings(folder(sources, known), context.facts, now, pack.id)
    return audit(machine, known, compile_tables(book, day), context, left)


def asked_here(found: Audit, pack: Pack) -> Asked:
    """The machine's context as an address writes it: the facts that rules read, no secret among them."""
    facts = {name: value for name, value in found.context.facts.items() if name in rulebook(pack).by_fact}
    plain = {name: value for name, value in facts.items() if shown(name, value) == value}
    return asked_of(pack, found.context.day, {name: spelled(name, value) for name, value in plain.items()})
