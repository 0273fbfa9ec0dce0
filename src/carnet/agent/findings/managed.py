"""Managed settings that are there and do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.machine import Source

_TIERS = {
    "remote": "the settings delivered by the vendor's server",
    "mdm": "the policy of the device management",
    "file": "the managed settings files",
    "user-registry": "the user's registry policy",
}


def managed(view: View) -> Iterator[Finding]:
    """Policies that another source shadows, and those switched off with the provider."""
    winner = next((s for s in view.machine.sources if s.layer == "managed" and s.state == "read" and s.values), None)
    if winner is None:
        winner = next((s for s in view.machine.sources if s.layer == "managed" and s.state == "read" and s.env), None)
    for source in view.machine.sources:
        if source.layer == "managed" and source.state == "shadowed":
            yield _set_aside(source) if "provider" in source.why else _shadowed(view, source, winner)


def _shadowed(view: View, source: Source, winner: Source | None) -> Finding:
    names = [f"env.{name}" for name in source.env] + [f"settings.{key}" for key in source.values]
    lost = [name for name in names if not _counts(view, name, source)]
    listed = ", ".join(name.partition(".")[2] for name in lost) or "nothing that another source does not set too"
    by = f"{_TIERS[winner.tier]} ({winner.file})" if winner is not None else "another managed source"
    flows = (flow for name in lost if name in view.controls for flow in view.controls[name].disables)
    return Finding(
        "managed.shadowed",
        "high" if lost else "low",
        f"{_TIERS[source.tier]} are shadowed by {by}; without effect: {listed}",
        source.file,
        "put every key into the source that wins: only the first one that says anything is used",
        tuple(dict.fromkeys(flows)),
    )


def _counts(view: View, name: str, source: Source) -> bool:
    located = view.located(name)
    return located is not None and located.file == source.file


def _set_aside(source: Source) -> Finding:
    return Finding(
        "managed.server-off",
        "high",
        f"settings delivered by the vendor's server are {source.why}",
        source.file,
        "deliver the policy as managed settings files or by device management",
    )
