"""What the rules say of this process right now: asked at every call, worked out anew where something has changed.

A changed environment is noticed at once. Files are looked at when `recheck` seconds have passed, and always before
anything is sent. What cannot be read or understood leaves every verdict unknown, and unknown sends nothing.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.layout import layout
from carnet.agent.machine import assuming, not_understood, read_machine
from carnet.agent.registry import policies
from carnet.agent.reporting.naming import renamed, translated
from carnet.agent.reporting.nouns import SurveyRateError
from carnet.agent.sources import Sources, places, state_file
from carnet.agent.sources import folder as agent_folder
from carnet.errors import CarnetError
from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook
from carnet.settings import environment, looking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from carnet.agent.layout import Layout
    from carnet.agent.reporting.nouns import Agent, Where
    from carnet.model.machine import Machine
    from carnet.model.verdict import Verdict

SYSTEMS = {"darwin": "darwin", "win32": "windows", "cygwin": "windows"}
FLOWS = ("metrics", "errors", "survey", "feedback", "transcript-share")
SENT = frozenset({"on", "on-request"})
YOUNG = 2_000_000_000
"""Nanoseconds within which a file may change again without its times showing it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The variables that decide one flow, and what was made of them."""

    names: list[object]
    values: list[object]
    on: bool
    """Whether the flow may be sent."""


@dataclass(frozen=True, slots=True)
class Now:
    """What holds until something changes."""

    watched: Mapping[str, Watched]
    """By flow."""
    files: tuple[object, ...]
    """Of the settings files: what tells one state from another."""
    on: frozenset[str]
    """Flows that may be sent."""
    verdicts: Mapping[str, Verdict]
    machine: Machine | None
    why: str = ""
    """Why nothing is known, where that is so."""

    @property
    def provider(self) -> str:
        """Where the model runs; empty where that is not known."""
        return str(self.machine.seen.get("provider", "")) if self.machine is not None else ""


NOTHING = Now({}, (), frozenset(), {}, None, "nothing was looked at yet")


class Live:
    """The verdicts of one process, as they are."""

    def __init__(
        self,
        agent: Agent,
        where: Where,
        whose: str = "vendor",
        recheck: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        pack = named(agent.pack)
        known = layout(pack)
        if known is None:
            raise CarnetError(f"the pack {agent.pack} does not say where its agent keeps settings; name another pack")
        self._agent, self._where, self._whose = agent, where, whose
        self._layout: Layout = renamed(known, agent.naming)
        self._book = rulebook(pack)
        read_context(dict(agent.facts), self._book, _today())  # what the programmer gave is judged here, not later
        self._environ = environment() if where.environ is None else where.environ
        self.project = where.project or _started_in()
        self._probe, self._encode = looking(self._environ)
        self._decisive = self._deciding()
        self._recheck, self._clock = recheck, clock
        self._due = 0.0
        self._now = NOTHING
        self._read_for: Mapping[object, object] = {}
        self._lock = threading.RLock()

    def allows(self, flow: str) -> bool:
        """Whether a flow may be sent; the way that is taken at every call."""
        watched = self._now.watched.get(flow)
        if watched is None or self._clock() >= self._due or [*map(self._probe, watched.names)] != watched.values:
            return flow in self.look().on
        return watched.on

    def now(self, flow: str) -> Now:
        """Everything that holds, as new as a call for this flow wants it."""
        self.allows(flow)
        return self._now

    def look(self) -> Now:
        """What holds, after a look at the environment and every file."""
        with self._lock:
            values = self._values()
            try:
                files = self._files()
                if not files or files != self._now.files or values != self._read_for:
                    self._now, self._read_for = self._read(files, values), values
            except Exception as error:  # noqa: BLE001 - a machine that cannot be read sends nothing
                why = f"nothing could be read: {type(error).__name__}"
                self._now, self._read_for = Now({}, (), frozenset(), {}, None, why), {}
            self._due = self._clock() + self._recheck
            return self._now

    def after_fork(self) -> None:
        """A lock that another thread held does not open again in the child."""
        self._lock = threading.RLock()

    def survey_rate(self) -> float:
        """How often the survey is due. Raises SurveyRateError naming the file for what is no rate."""
        machine = self.now("survey").machine
        for control in self._book.controls:
            family, _, key = control.fact.partition(".")
            if control.kind != "rate" or family != "settings" or machine is None:
                continue
            _judge(machine, self._agent.naming.keys.get(key, key))
            found = machine.settings.get(key)
            if found is not None:
                return _rate(found.value, key, found.place)
        return self._agent.survey_rate

    @property
    def home(self) -> Path:
        """Whose settings count."""
        return self._sources().home

    @property
    def folder(self) -> Path:
        """The agent's folder of the user."""
        return agent_folder(self._sources(), self._layout)

    def _deciding(self) -> dict[str, list[object]]:
        """For each flow the variables that its verdict can depend on; those that name files are looked at with them."""
        known, day = self._layout, self._day()
        always = [*known.provider.switches, known.provider.base_url]
        signs = [fact.removeprefix("env.") for fact, _ in known.credentials if fact.startswith("env.")]
        found: dict[str, list[object]] = {}
        for table in compile_tables(self._book, day).tables:
            facts = [fact.name for fact in table.facts]
            own = [_own(fact, self._agent.naming.variables) for fact in facts if fact.startswith("env.")]
            names = [*own, *always, *(signs if "credential" in facts else ())]
            found[table.flow] = [self._encode(name) for name in dict.fromkeys(names)]
        return found

    def _values(self) -> dict[object, object]:
        return {name: self._probe(name) for names in self._decisive.values() for name in names}

    def _sources(self) -> Sources:
        system = SYSTEMS.get(sys.platform, "linux")
        environ, where = dict(self._environ), self._where
        told = environ.get("USERPROFILE" if system == "windows" else "HOME")
        home = where.home or (Path(told) if told else Path.home())
        own = where.home is None
        registry = policies(self._layout.systems[system]) if where.managed is None else {}
        return Sources(
            home, self.project, environ, system, where.managed, environ.get("USER", ""), registry, own_home=own
        )

    def _files(self) -> tuple[object, ...]:
        """A day and every file's state; empty where one is so young that it may change unseen."""
        sources, day = self._sources(), self._day()
        paths = [place.path for place in places(sources, self._layout, self._layout.at(day, None))]
        program = sources.home / self._layout.files.program
        parts = Path(paths[-1]).parent / self._layout.files.managed_parts
        states = [_state(Path(path)) for path in (*paths, state_file(sources, self._layout), program, parts)]
        young = time.time_ns() - YOUNG
        if any(state is not None and state[0] > young for state in states):
            return ()
        first = tuple(sources.environ.get(row.first_when) for row in self._layout.precedence)
        return (day, tuple(map(str, paths)), tuple(states), first, tuple(sorted(sources.policies.items())))

    def _read(self, files: tuple[object, ...], values: Mapping[object, object]) -> Now:
        day, facts = self._day(), self._agent.facts
        self._decisive = self._deciding()
        version = facts.get("client_version")
        read = read_machine(self._sources(), self._layout, day, str(version) if version else None)
        machine = translated(assuming(read, self._layout, facts), self._agent.naming)
        if unread := not_understood(machine):
            return Now(
                self._watch(values, frozenset()),
                files,
                frozenset(),
                {},
                machine,
                f"{unread}; until that is mended nothing is sent",
            )
        context = read_context({**machine.facts(), "as_of": day}, self._book, day)
        verdicts = {one.flow: one for one in resolve(compile_tables(self._book, day), context.facts)}
        on = frozenset(flow for flow in FLOWS if flow in verdicts and self._sends(verdicts[flow]))
        return Now(self._watch(values, on), files, on, verdicts, machine)

    def _watch(self, values: Mapping[object, object], on: frozenset[str]) -> dict[str, Watched]:
        return {
            flow: Watched(names, [values.get(name) for name in names], flow in on)
            for flow, names in self._decisive.items()
        }

    def _sends(self, verdict: Verdict) -> bool:
        """Whether this collector may have it; `unknown` is no yes."""
        if verdict.verdict not in SENT:
            return False
        return verdict.recipients != ("own-collector",) or self._whose == "organisation"

    def _day(self) -> date:
        return self._agent.as_of or _today()


def _own(fact: str, names: Mapping[str, str]) -> str:
    name = fact.removeprefix("env.")
    return names.get(name, name)


def _started_in() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed under us
        return Path(os.sep)


def _today() -> date:
    return datetime.now(UTC).date()


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (max(found.st_ctime_ns, found.st_mtime_ns), found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)


def _judge(machine: Machine, key: str) -> None:
    """Find a rate that voided its file, or was left out of it."""
    for void in machine.void_files:
        if void.key == key:
            raise SurveyRateError(f"{void.file}:{void.line}: {void.why}; write a number between 0 and 1")
    for one in machine.dropped:
        if one.name == f"settings.{key}":
            raise SurveyRateError(f"{one.located.place}: {key}: {one.why}; write a number between 0 and 1")


def _rate(value: object, key: str, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SurveyRateError(f"{place}: {key} is not a number between 0 and 1")
    return float(value)
