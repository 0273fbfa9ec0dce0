"""Another agent's names: its layout made from the pack's, and what was read put back into the pack's words."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.agent.layout import Files, Layout
    from carnet.agent.reporting.nouns import Naming
    from carnet.model.machine import Located, Machine


def renamed(layout: Layout, naming: Naming) -> Layout:
    """The layout in the agent's own names. Raises CarnetError for a name that the pack does not have."""
    if unknown := sorted(set(naming.variables) - _variables(layout)):
        raise CarnetError(f"naming: the pack knows no variable {unknown[0]}")
    if unknown := sorted(set(naming.keys) - set(layout.shapes)):
        raise CarnetError(f"naming: the pack knows no settings key {unknown[0]}")
    own, provider = naming.variables, layout.provider
    return replace(
        layout,
        files=_files(layout.files, naming),
        systems={
            name: replace(system, managed=naming.managed or system.managed) for name, system in layout.systems.items()
        },
        precedence=tuple(replace(row, first_when=own.get(row.first_when, row.first_when)) for row in layout.precedence),
        trust=replace(layout.trust, safe=(*layout.trust.safe, *_safe(layout, own))),
        provider=replace(
            provider,
            base_url=own.get(provider.base_url, provider.base_url),
            switches={own.get(name, name): word for name, word in provider.switches.items()},
        ),
        credentials=tuple((_fact(fact, naming), word) for fact, word in layout.credentials),
        environment=frozenset(own.get(name, name) for name in _variables(layout)),
        shapes={naming.keys.get(key, key): shape for key, shape in layout.shapes.items()},
    )


def _variables(layout: Layout) -> set[str]:
    return {*layout.environment, *layout.provider.switches, layout.provider.base_url, layout.files.folder_variable}


def _files(files: Files, naming: Naming) -> Files:
    variable = naming.variables.get(files.folder_variable, files.folder_variable)
    if not naming.folder:
        return replace(files, folder_variable=variable)
    return replace(
        files,
        folder=naming.folder,
        folder_variable=variable,
        project=f"{naming.folder}/{files.project.rpartition('/')[2]}",
        local=f"{naming.folder}/{files.local.rpartition('/')[2]}",
        state=f"{naming.folder}.json",
        program="",
    )


def _safe(layout: Layout, own: Mapping[str, str]) -> list[str]:
    """An opt-out of a project that nobody trusts yet counts under its own name, too."""
    return [mine for name, mine in own.items() if any(fnmatchcase(name, pattern) for pattern in layout.trust.safe)]


def _fact(fact: str, naming: Naming) -> str:
    family, _, name = fact.partition(".")
    return f"{family}.{(naming.variables if family == 'env' else naming.keys).get(name, name)}"


def translated(machine: Machine, naming: Naming) -> Machine:
    """The machine in the pack's words again, as the rules read them."""
    if not naming.variables and not naming.keys:
        return machine
    return replace(
        machine,
        env=_back(machine.env, naming.variables),
        settings=_back(machine.settings, naming.keys),
    )


def _back(held: Mapping[str, Located], names: Mapping[str, str]) -> dict[str, Located]:
    pack = {mine: name for name, mine in names.items()}
    return {pack.get(name, name): value for name, value in held.items() if name in pack or name not in names}
