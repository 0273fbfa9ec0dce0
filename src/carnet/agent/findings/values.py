"""Opt-outs whose value does not do what their owner thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import place
from carnet.agent.secrets import setting
from carnet.model.finding import Finding
from carnet.policy.facts import FALSY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.flow import Control
    from carnet.model.machine import Located


def values(view: View) -> Iterator[Finding]:
    """Undocumented, empty and misleading values; opt-outs that only the shell knows."""
    for control in view.opt_outs():
        located = view.located(control.fact)
        if located is not None and control.fact.startswith("env."):
            yield from _variable(view, control, located)


def _variable(view: View, control: Control, located: Located) -> Iterator[Finding]:
    name, value = control.fact.partition(".")[2], str(located.value)
    found = view.reads(control, value)
    if not value.strip():
        if located.layer == "project" and any(view.reads(control, old.value) == "on" for old in located.shadowed):
            return  # the project's own finding says so
        yield _empty(control, located, name)
    elif found is None:
        yield _finding(
            "opt-out.undocumented-value",
            "high",
            f"{setting(name, value)}: on {view.context.day} no document says what this value does",
            control,
            located,
            f"set {name} to 1, the documented value",
        )
    elif found == "on" and value.strip().lower() in FALSY:
        yield _finding(
            "opt-out.misleading-value",
            "medium",
            f"{setting(name, value)} opts out: any value but an empty one does",
            control,
            located,
            f"set {name} to 1 if that is wanted, else remove it",
        )
    if found == "on" and located.layer == "process":
        yield _finding(
            "opt-out.shell-only",
            "low",
            f"{name} is set in the environment of this process alone; agents started elsewhere do not inherit it",
            control,
            located,
            f'put "{name}": "1" into `env` of the user or managed settings',
        )


def _empty(control: Control, located: Located, name: str) -> Finding:
    cancelled = next((old for old in located.shadowed if str(old.value).strip()), None)
    if cancelled is None:
        title = f"{name} is set to nothing, which does not opt out"
    else:
        title = (
            f"{name} is set to nothing, which cancels {setting(name, cancelled.value)} of {_origin(cancelled, name)}"
        )
    return _finding("opt-out.empty", "high", title, control, located, f"set {name} to 1 or remove the empty entry")


def _origin(located: Located, name: str) -> str:
    return place(f"env.{name}", located)


def _finding(name: str, severity: str, title: str, control: Control, located: Located, fix: str) -> Finding:
    where = place(control.fact, located)
    return Finding(name, severity, title, where, fix, control.disables, control.fact)
