"""Where to look on a machine: folders and environment are given, nothing is read from the process here."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from carnet.agent.files import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.agent.layout import Layout, Precedence


@dataclass(frozen=True, slots=True)
class Sources:
    """One machine, as far as somebody points at it."""

    home: Path
    project: Path
    """Folder in which the agent is started."""
    environ: Mapping[str, str]
    """Environment of the process that starts the agent."""
    system: str = "linux"
    """`linux`, `darwin` or `windows`: which managed locations there are."""
    managed: Path | None = None
    """Folder that stands for all managed locations of the system; None looks where the system has them."""
    user: str = ""
    """Name of the account, for policies of one user."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Managed settings that lie in no file (Windows registry): tier -> JSON text."""
    own_home: bool = True
    """Whether `home` is the process's own, so that its variables may name another folder for settings."""


@dataclass(frozen=True, slots=True)
class Location:
    """One file that may hold settings."""

    layer: str
    path: PurePath
    """Of the file, or of the registry's key."""
    tier: str = ""
    """For managed ones: `remote`, `mdm`, `file`, `user-registry`."""


def folder(sources: Sources, layout: Layout) -> Path:
    """The agent's folder of the user."""
    named = sources.environ.get(layout.files.folder_variable, "") if sources.own_home else ""
    return Path(named).expanduser() if named else sources.home / layout.files.folder


def state_file(sources: Sources, layout: Layout) -> Path:
    """The file that remembers which folders are trusted."""
    named = sources.own_home and sources.environ.get(layout.files.folder_variable)
    return (folder(sources, layout) if named else sources.home) / layout.files.state


def places(sources: Sources, layout: Layout, precedence: Precedence) -> list[Location]:
    """Every file to look at, in ascending order within its layer: what comes later wins."""
    user = folder(sources, layout) / layout.files.user
    project = sources.project / layout.files.project
    found = [Location("user", user)]
    if not _same(user, project):
        found.append(Location("project", project))
    found += [Location("local", path) for path in _local(sources, layout, precedence)]
    return [*found, *_managed(sources, layout)]


def _local(sources: Sources, layout: Layout, precedence: Precedence) -> list[Path]:
    """The start folder's file and, from a version on, the repository's below it."""
    start = sources.project / layout.files.local
    root = repository(sources) if precedence.local_at == "repository" and sources.system != "windows" else None
    return [start] if root is None or root == sources.project else [root / layout.files.local, start]


def repository(sources: Sources) -> Path | None:
    """The repository the project lies in; None outside of one, and where the home itself is one."""
    start = Path(os.path.abspath(sources.project))  # noqa: PTH100 - resolve() would follow links
    for above in (start, *start.parents):
        if (above / ".git").exists():
            return None if _same(above, sources.home) else above
    return None


def _managed(sources: Sources, layout: Layout) -> list[Location]:
    system = layout.systems[sources.system]
    base = sources.managed or Path(system.managed)
    found = [Location("managed", folder(sources, layout) / layout.files.remote, "remote")]
    found += [Location("managed", path, "mdm") for path in _preferences(sources, system.preferences, system.domain)]
    found.append(Location("managed", base / layout.files.managed, "file"))
    return [*found, *(Location("managed", path, "file") for path in parts(base / layout.files.managed_parts))]


def _preferences(sources: Sources, shared: str, domain: str) -> list[Path]:
    if sources.managed is not None:
        return [sources.managed / f"{domain}.plist"] if domain else []
    if not shared:
        return []
    own = [Path(shared) / sources.user / f"{domain}.plist"] if sources.user else []
    return [Path(shared) / f"{domain}.plist", *own]


def parts(drop_ins: Path) -> list[Path]:
    """Drop-in files in the order they are applied; hidden ones are none.

    A folder that may not be listed gives one path that may not be read, so that it is told.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(drop_ins))
    except PermissionError:
        return [drop_ins / "*.json"]
    except OSError:
        return []
    return [drop_ins / name for name in names if name.endswith(".json") and not name.startswith(".")]


def _same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except (OSError, ValueError):
        return False


def linked_version(sources: Sources, layout: Layout) -> str | None:
    """Version the installed program's link ends in, such as `.../versions/2.1.118`."""
    try:
        target = (sources.home / layout.files.program).readlink()
    except (OSError, ValueError):
        return None
    name = target.name
    return name if name and all(part.isdecimal() for part in name.split(".")) else None


def state(sources: Sources, layout: Layout) -> bytes:
    """Bytes of the state file; empty where there is none to read."""
    return read(state_file(sources, layout), largest=20_000_000).raw or b""
