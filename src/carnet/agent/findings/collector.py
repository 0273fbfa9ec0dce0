"""Switches that make the organisation's own collector a store of content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import given, on, place
from carnet.agent.machine import host
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.machine import Located


def collector(view: View) -> Iterator[Finding]:
    """Content that the agent's own telemetry carries."""
    watch = view.layout.watch
    switch = view.machine.env.get(watch.telemetry)
    running = switch is not None and on(switch.value)
    to = _target(view)
    for name, what in watch.content.items():
        located = view.machine.env.get(name) or view.machine.waiting.get(name)
        if located is not None and given(located.value):
            yield _content(name, what, located, to, "" if running else f"; without effect until {watch.telemetry}=1")


def _content(name: str, what: str, located: Located, to: str, until: str) -> Finding:
    return Finding(
        "telemetry.content",
        "low" if until else "high",
        f"{name} sends {what} to {to}{until}; no retention class covers it there",
        place(f"env.{name}", located),
        f"remove {name}, or give the collector a retention period and tell the people concerned",
        (),
        f"env.{name}",
    )


def _target(view: View) -> str:
    for name in view.layout.watch.collector:
        located = view.machine.env.get(name)
        if located is not None and located.value:
            return f"the collector {host(str(located.value))}"
    return "the configured collector"
