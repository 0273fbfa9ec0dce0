"""Which files belong to a project: by its folder's name, and by the sessions known to be its."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent.transcripts import inside, opened
from carnet.agent.transcripts_history import open_history, prompts
from carnet.agent.transcripts_places import project_folder, shown
from carnet.errors import NotFoundError

if TYPE_CHECKING:
    from carnet.agent.transcripts_history import Prompt
    from carnet.agent.transcripts_places import Places
    from carnet.model.place import Held

PROJECTS = "projects"
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Project:
    """A working directory of the agent's."""

    folder: str
    """Name of its folder; two directories whose names differ only in punctuation share one."""
    sessions: frozenset[str]

    def holds(self, held: Held) -> bool:
        if held.place.project is not None:
            return held.project == self.folder
        return held.session in self.sessions

    def typed(self, prompt: Prompt) -> bool:
        return bool(prompt.project) and project_folder(prompt.project) == self.folder


def find_project(folder: Path, places: Places, name: str, here: Path) -> Project:
    """The project somebody named: by its directory, or by the name of its folder. Raises NotFoundError."""
    with opened(folder) as root:
        there = _names(root, (PROJECTS,))
        wanted = name if name in there else project_folder(os.path.abspath(here / Path(name).expanduser()))  # noqa: PTH100 - the text of the path, links and all, is what the agent encodes
        sessions = {entry.removesuffix(".jsonl") for entry in _names(root, (PROJECTS, wanted))} - {"memory"}
        typed = _typed_sessions(root, places, wanted)
    if wanted not in there and not typed:
        known = ", ".join(shown(one) for one in sorted(there)[:SHOWN]) or "none"
        raise NotFoundError(f"no project {name!r} in {folder / PROJECTS}; there are: {known}")
    return Project(wanted, frozenset(sessions | typed))


def _names(root: int, parts: tuple[str, ...]) -> set[str]:
    try:
        with inside(root, parts) as folder:
            return set(os.listdir(folder))  # noqa: PTH208 - a descriptor, not a path
    except OSError:
        return set()


def _typed_sessions(root: int, places: Places, wanted: str) -> set[str]:
    """Sessions of the project by the file of prompts: it remembers those whose transcripts are gone."""
    found: set[str] = set()
    try:
        with open_history(root, places.history) as file:
            for _, prompt in prompts(file):
                if prompt is not None and prompt.session and project_folder(prompt.project) == wanted:
                    found.add(prompt.session)
    except OSError:
        return found
    return found
