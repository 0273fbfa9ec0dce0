"""What of this machine a command reads: folders, environment, and the facts that no machine shows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.agent.layout import Layout
    from carnet.agent.sources import Sources

SYSTEMS = {"darwin": "darwin", "win32": "windows", "cygwin": "windows"}


def sources_here(home: str | None, managed: str | None, project: str | None) -> Sources:
    """What of this machine is to be read: folders given on the command line, else this account's own."""
    from carnet.agent.sources import Sources  # noqa: PLC0415
    from carnet.settings import environment  # noqa: PLC0415

    environ = environment()
    return Sources(
        home=_folder(home, "--home") if home is not None else Path.home(),
        project=_folder(project, "--project") if project is not None else Path.cwd(),
        environ=environ,
        system=SYSTEMS.get(sys.platform, "linux"),
        managed=_folder(managed, "--managed") if managed is not None else None,
        user=environ.get("USER", ""),
        own_home=home is None,
    )


def _folder(text: str, option: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not text or not path.is_dir():
        raise CarnetError(f"{option} {text}: no such folder")
    return path


def with_policies(sources: Sources, layout: Layout) -> Sources:
    """Policies in the Windows registry, which no folder holds."""
    if sys.platform != "win32" or sources.managed is not None:
        return sources
    from dataclasses import replace  # noqa: PLC0415

    from carnet.agent.registry import policies  # noqa: PLC0415

    return replace(sources, policies=policies(layout.systems["windows"]))


def facts_file(text: str | None) -> dict[str, object]:
    """Facts an administrator declares. Raises CarnetError naming the file."""
    if text is None:
        return {}
    import tomllib  # noqa: PLC0415

    from carnet.policy.facts import flatten  # noqa: PLC0415

    try:
        return flatten(tomllib.loads(Path(text).read_text("utf-8")))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CarnetError(f"--facts {text}: cannot be read as TOML: {reason}") from error


def supposed(given: Sequence[str]) -> Mapping[str, object]:
    """Facts given by --if; None takes one away."""
    if not given:
        return {}
    from carnet.cli.supposing import overlay  # noqa: PLC0415

    return overlay(given)
