"""What is set on one machine for an agent, where each value stands and what it shadows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYERS = ("managed", "flags", "local", "project", "user", "process")
"""Where something can be set. Which one wins is the pack's data."""


@dataclass(frozen=True, slots=True)
class Located:
    """A value and where it stands."""

    value: object
    """As JSON has it; always text in the environment."""
    layer: str
    """One of `LAYERS`."""
    file: str = ""
    """Path of the file; empty for the process's environment."""
    line: int = 0
    """Line of the key, counted from 1; 0 where there is none."""
    shadowed: tuple[Located, ...] = ()
    """Values for the same name that do not count, the one that would win next first."""

    @property
    def place(self) -> str:
        """`file:line`, or `environment`."""
        if not self.file:
            return "environment" if self.layer == "process" else self.layer
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class VoidFile:
    """A settings file that the agent ignores as a whole."""

    file: str
    why: str
    layer: str
    line: int = 0
    """Line of the fault, where it has one."""
    key: str = ""
    """The settings key that voids it, where one does."""
    lost: tuple[str, ...] = ()
    """Names (`env.NAME`, `settings.KEY`) that stand in it without effect, as far as it can be read."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One entry that the agent ignores while the rest of its file counts."""

    name: str
    """`env.NAME` or `settings.KEY`."""
    why: str
    located: Located


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key given twice in one object: the earlier one does not count."""

    file: str
    name: str
    """`env.NAME` or `settings.KEY`."""
    ignored: int
    """Line that does not count."""
    counts: int
    """Line that does."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that settings could come from, and what came of it."""

    layer: str
    file: str
    state: str
    """`read`, `absent`, `void`, `unread` (there, but not readable) or `shadowed` (another managed source wins)."""
    tier: str = ""
    """Which managed source it belongs to: `remote`, `mdm`, `file`."""
    values: Mapping[str, Located] = field(default_factory=dict)
    """Top-level settings keys that stand in it."""
    env: Mapping[str, Located] = field(default_factory=dict)
    """Variables that stand in it."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything that could be learnt of one machine for one agent."""

    settings: Mapping[str, Located]
    """Effective settings by top-level key."""
    env: Mapping[str, Located]
    """Effective variables by name, those of the process and of settings together."""
    sources: tuple[Source, ...]
    """Every file that was looked for, highest layer first; within a layer the winning one first."""
    void_files: tuple[VoidFile, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    damaged: tuple[str, ...] = ()
    """Files with bytes that are no text."""
    waiting: Mapping[str, Located] = field(default_factory=dict)
    """Variables of a project whose folder is not trusted: they count once it is."""
    home: str = ""
    """The home that was read; `~` on pages."""
    project: str = ""
    """The folder the agent is started in."""
    trusted: bool | None = None
    """Whether the project's folder is trusted; None where that is not recorded."""
    seen: Mapping[str, object] = field(default_factory=dict)
    """Other facts with their dotted names, such as `provider`, `client_version`, `credential`."""

    def facts(self) -> dict[str, object]:
        """What a context needs (`read_context`): dotted facts."""
        settings = {f"settings.{name}": one.value for name, one in self.settings.items()}
        env = {f"env.{name}": one.value for name, one in self.env.items()}
        return {**settings, **env, **self.seen}
