"""Reads one machine: every layer of settings, the environment, and what follows from them."""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carnet.agent.layers import judged, read_layer
from carnet.agent.precedence import choose_managed, effective_env, effective_settings
from carnet.agent.sources import Location, linked_version, places, state
from carnet.model.machine import Located, Machine, Repeated
from carnet.policy.facts import FALSY, TRUTHY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from carnet.agent.layers import Layer
    from carnet.agent.layout import Layout, Precedence
    from carnet.agent.sources import Sources
    from carnet.model.machine import Source

PROJECT = ("project", "local")
NEAR = 0.87
"""How alike a variable's name is to a known one to be taken for a misspelling of it."""


def read_machine(
    sources: Sources,
    layout: Layout,
    day: date,
    client_version: str | None = None,
    reader: Callable[[Location, Layout], Layer] = read_layer,
) -> Machine:
    """Everything that can be learnt of a machine for one agent, as of a day and a client's version.

    `reader` may show a file as it would be: `carnet fix` judges its change before anything is written.
    """
    version = client_version or linked_version(sources, layout)
    precedence = layout.at(day, version)
    layers = [reader(place, layout) for place in places(sources, layout, precedence)]
    layers += [judged(_registry(tier, sources, layout), text, layout) for tier, text in sources.policies.items()]
    process = _process(sources, layers, layout)
    trusted = _trust(sources, layout)
    waiting, layers_read = _hold_back([layer.source for layer in layers], layout, trusted)
    chosen = _managed_chosen(layers_read, process, layout, precedence, sources.environ)
    env = effective_env(chosen, process, precedence)
    settings = effective_settings(chosen, layout, precedence)
    return Machine(
        settings=settings,
        env=env,
        sources=_ordered(chosen, precedence),
        void_files=tuple(layer.void for layer in layers if layer.void is not None),
        dropped=tuple(one for layer in layers for one in layer.dropped),
        repeated=tuple(Repeated(layer.source.file, *one) for layer in layers for one in layer.repeated),
        damaged=tuple(layer.source.file for layer in layers if layer.damaged),
        waiting=waiting,
        trusted=trusted,
        home=str(sources.home),
        project=str(sources.project),
        seen=_seen(env, settings, layout, version),
    )


def not_understood(machine: Machine) -> str:
    """A settings file that may hold something nobody can read, and why; empty where all count."""
    for void in machine.void_files:
        return f"{void.file}{f':{void.line}' if void.line else ''}: {void.why}"
    for source in machine.sources:
        if source.state == "unread":
            return f"{source.file}: {source.why}"
    return f"{machine.damaged[0]}: holds bytes that are no text" if machine.damaged else ""


def _registry(tier: str, sources: Sources, layout: Layout) -> Location:
    hive = "HKLM" if tier == "mdm" else "HKCU"
    return Location("managed", PurePath(f"{hive}\\{layout.systems[sources.system].registry}"), tier)


def assuming(machine: Machine, layout: Layout, facts: Mapping[str, object]) -> Machine:
    """The machine as it would be with these facts; None takes one away. What follows from others is derived anew."""
    env, settings, seen = dict(machine.env), dict(machine.settings), {}
    for fact, value in facts.items():
        family, _, name = fact.partition(".")
        held = {"env": env, "settings": settings}.get(family)
        if held is None:
            seen[fact] = value
        elif value is None:
            held.pop(name, None)
        else:
            held[name] = Located(value, "flags")
    version = facts.get("client_version", machine.seen.get("client_version"))
    derived = _seen(env, settings, layout, str(version) if version else None)
    told = {name: value for name, value in {**derived, **seen}.items() if value is not None}
    return replace(machine, env=env, settings=settings, seen=told)


def _process(sources: Sources, layers: Sequence[Layer], layout: Layout) -> dict[str, Located]:
    """The variables of the process that the agent may read; the others are nobody's business."""
    set_in_files = {name for layer in layers for name in layer.source.env}
    return {
        name: Located(value, "process")
        for name, value in sources.environ.items()
        if (sources.own_home or name != layout.files.folder_variable)
        and (name in layout.environment or name in set_in_files or near(name, layout))
    }


def near(name: str, layout: Layout) -> str | None:
    """The known variable that a name seems to misspell; None for known and for unlike ones."""
    if name in layout.environment or len(name) < len("DO_NOT_TRAC"):
        return None
    if name.upper() in layout.environment:
        return name.upper()
    if not any(part in name.upper() for part in ("DISAB", "TELEM", "TRACK", "CLAUDE", "OTEL", "ANTHROPIC", "UPDATE")):
        return None
    found = get_close_matches(name.upper(), layout.environment, n=1, cutoff=NEAR)
    return found[0] if found else None


def _trust(sources: Sources, layout: Layout) -> bool | None:
    """Whether the state file says that the project's folder, or one above it, is trusted."""
    try:
        read = json.loads(state(sources, layout) or b"{}")
    except (ValueError, RecursionError):
        return None
    projects = read.get("projects") if isinstance(read, dict) else None
    if not isinstance(projects, dict):
        return None
    answers = [_trusted(projects, path) for path in (sources.project, *sources.project.parents)]
    return True if True in answers else answers[0]


def _trusted(projects: Mapping[str, object], path: Path) -> bool | None:
    row = projects.get(str(path))
    answer = row.get("hasTrustDialogAccepted") if isinstance(row, dict) else None
    return answer if isinstance(answer, bool) else None


def _hold_back(
    sources: Sequence[Source],
    layout: Layout,
    trusted: bool | None,  # noqa: FBT001 - private; None is a third answer
) -> tuple[dict[str, Located], list[Source]]:
    """In a folder that is not trusted, a project's variables wait; but those that are safe count at once."""
    if trusted is not False:
        return {}, list(sources)
    waiting: dict[str, Located] = {}
    kept = []
    for source in sources:
        held = {n: v for n, v in source.env.items() if source.layer in PROJECT and not _safe(n, layout)}
        waiting |= held
        kept.append(replace(source, env={n: v for n, v in source.env.items() if n not in held}) if held else source)
    return waiting, kept


def _safe(name: str, layout: Layout) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in layout.trust.safe)


def _managed_chosen(
    read: Sequence[Source],
    process: Mapping[str, Located],
    layout: Layout,
    precedence: Precedence,
    environ: Mapping[str, str],
) -> list[Source]:
    """All sources, managed ones after the choice among them. The server's are not fetched for another provider."""
    others = [source for source in read if source.layer != "managed"]
    managed = [source for source in read if source.layer == "managed"]
    local = [*others, *choose_managed([s for s in managed if s.tier != "remote"], precedence, environ)]
    env = effective_env(local, process, precedence)
    if provider(env, layout) != layout.provider.default:
        why = "not used with another provider or base URL"
        managed = [_set_aside(s, why) if s.tier == "remote" and s.state == "read" else s for s in managed]
    return [*others, *choose_managed(managed, precedence, environ)]


def _set_aside(source: Source, why: str) -> Source:
    return replace(source, state="shadowed", why=why)


def _ordered(sources: Sequence[Source], precedence: Precedence) -> tuple[Source, ...]:
    """Highest first."""
    rank = {layer: number for number, layer in enumerate(precedence.layers)}
    descending = list(reversed(sources))
    descending.sort(key=lambda source: rank[source.layer])
    return tuple(descending)


def _seen(
    env: Mapping[str, Located], settings: Mapping[str, Located], layout: Layout, version: str | None
) -> dict[str, object]:
    """Facts that follow from what is set."""
    chosen = provider(env, layout)
    found: dict[str, object] = {"provider": chosen, "credential": _credential(env, settings, layout, chosen)}
    if version is not None:
        found["client_version"] = version
    return {name: value for name, value in found.items() if value is not None}


def provider(env: Mapping[str, Located], layout: Layout) -> str | None:
    """Where the model runs; None where switches contradict each other or hold a value nobody explains."""
    given = {name: str(env[name].value).strip().lower() for name in layout.provider.switches if name in env}
    on = {layout.provider.switches[name] for name, value in given.items() if value in TRUTHY}
    unclear = any(value and value not in TRUTHY and value not in FALSY for value in given.values())
    if unclear or len(on) > 1:
        return None
    if on:
        return on.pop()
    return layout.provider.gateway if redirected(env, layout) else layout.provider.default


def redirected(env: Mapping[str, Located], layout: Layout) -> bool:
    """Whether the base URL names another host than the vendor's."""
    base = env.get(layout.provider.base_url)
    if base is None or not str(base.value).strip():
        return False
    return host(str(base.value)) not in layout.provider.hosts


def host(url: str) -> str:
    """Host of an address, lower-case; the text itself where it is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or url
    except ValueError:
        return url


def _credential(
    env: Mapping[str, Located], settings: Mapping[str, Located], layout: Layout, chosen: str | None
) -> str | None:
    if chosen is not None and chosen not in {layout.provider.default, layout.provider.gateway}:
        return "cloud"
    for fact, name in layout.credentials:
        family, _, key = fact.partition(".")
        located = (env if family == "env" else settings).get(key)
        if located is not None and located.value:
            return name
    return None
