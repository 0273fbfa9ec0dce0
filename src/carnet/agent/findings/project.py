"""What a checked-in settings file does to whoever opens the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import given, on, place
from carnet.agent.machine import host
from carnet.agent.secrets import setting
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.flow import Control
    from carnet.model.machine import Located


def project(view: View) -> Iterator[Finding]:
    """Redirected traffic, skipped checks, longer retention and cancelled opt-outs of the project's file."""
    yield from _redirects(view)
    yield from _skips(view)
    yield from _keeps(view)
    yield from _cancels(view)


def _from_project(view: View) -> Iterator[tuple[str, Located, str]]:
    """(name, where, when) of the variables that the project's file sets."""
    for name, located in view.machine.env.items():
        if located.layer == "project":
            yield name, located, ""
    for name, located in view.machine.waiting.items():
        if located.layer == "project":
            yield name, located, " once the folder is trusted"


def _redirects(view: View) -> Iterator[Finding]:
    for name, located, when in _from_project(view):
        if name in view.layout.watch.redirects and given(located.value):
            to = str(located.value)
            target = host(to) if "://" in to or "." in to else setting(name, to)
            yield Finding(
                "project.redirects",
                "high",
                f"the project's settings send traffic elsewhere{when}: {name} leads to {target}",
                place(f"env.{name}", located),
                f"remove {name} from the project; where it is wanted, set it in user or managed settings",
                ("inference",) if "OTLP" not in name else (),
                f"env.{name}",
            )


def _skips(view: View) -> Iterator[Finding]:
    key = view.layout.watch.preflight
    located = view.machine.settings.get(key)
    if located is not None and located.layer == "project" and on(located.value):
        yield _weakens(
            key, located, "the project's settings skip the host name check for whoever opens it", "domain-check"
        )


def _keeps(view: View) -> Iterator[Finding]:
    watch = view.layout.watch
    located = view.machine.settings.get(watch.cleanup)
    if located is None or located.layer != "project" or not isinstance(located.value, int):
        return
    lower = next((old.value for old in located.shadowed if isinstance(old.value, int)), watch.cleanup_default)
    if located.value > lower:
        title = f"the project's settings keep transcripts for {located.value} days instead of {lower}"
        yield _weakens(watch.cleanup, located, title, "local-transcripts")


def _weakens(key: str, located: Located, title: str, flow: str) -> Finding:
    where, fact = place(f"settings.{key}", located), f"settings.{key}"
    fix = f"remove {key} from the project's settings, or set it in managed settings, which win"
    return Finding("project.weakens", "high", title, where, fix, (flow,), fact)


def _cancels(view: View) -> Iterator[Finding]:
    """Opt-outs of the person or the organisation that the project's file undoes."""
    for control in view.opt_outs():
        located = view.located(control.fact)
        if located is None or located.layer != "project" or _opts_out(view, control, located):
            continue
        cancelled = next((old for old in located.shadowed if _opts_out(view, control, old)), None)
        if cancelled is not None:
            name = control.fact.partition(".")[2]
            yield Finding(
                "project.cancels-opt-out",
                "high",
                f"the project's {setting(name, located.value)} undoes {setting(name, cancelled.value)} of"
                f" {place(control.fact, cancelled)}",
                place(control.fact, located),
                f"remove {name} from the project's settings, or set it in managed settings, which win",
                control.disables,
                control.fact,
            )


def _opts_out(view: View, control: Control, located: Located) -> bool:
    return view.reads(control, located.value) in {"on", "zero"}
