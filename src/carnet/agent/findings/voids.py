"""Files and entries that the agent ignores, and every opt-out that is lost with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.findings.view import place
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.machine import Dropped, Repeated, Source, VoidFile


def voids(view: View) -> Iterator[Finding]:
    """Void files, files that could not be read, entries that do not count, keys given twice."""
    yield from (_void(view, file) for file in view.machine.void_files)
    yield from (_unread(source) for source in view.machine.sources if source.state == "unread")
    yield from (_dropped(view, one) for one in view.machine.dropped)
    yield from (_repeated(view, one) for one in view.machine.repeated)
    yield from (_damaged(file) for file in view.machine.damaged)


def _void(view: View, file: VoidFile) -> Finding:
    lost = [name for name in file.lost if _matters(view, name)]
    opt_outs = [name for name in lost if name in view.controls]
    flows = tuple(dict.fromkeys(flow for name in opt_outs for flow in view.controls[name].disables))
    names = ", ".join(name.partition(".")[2] for name in lost)
    title = f"the agent ignores this whole file: {file.why}"
    return Finding(
        "settings.void-file",
        "high",
        f"{title}; lost with it: {names}" if lost else title,
        f"{file.file}:{file.line}" if file.line else file.file,
        f"correct or remove {file.key}" if file.key else "make it valid JSON: no comments, no trailing commas",
        flows,
        f"settings.{file.key}" if file.key else "",
    )


def _matters(view: View, name: str) -> bool:
    """Whether losing it changes a flow: an opt-out, or what chooses the provider."""
    control = view.controls.get(name)
    chooses = (*view.layout.provider.switches, view.layout.provider.base_url)
    return (control is not None and bool(control.disables)) or name.removeprefix("env.") in chooses


def _unread(source: Source) -> Finding:
    return Finding(
        "settings.unread",
        "high",
        f"this file {source.why}: what it sets is not known and is left out of every verdict",
        source.file,
        "make it a readable regular file",
    )


def _dropped(view: View, one: Dropped) -> Finding:
    control = view.controls.get(one.name)
    return Finding(
        "settings.ignored-entry",
        "high" if control is not None and control.disables else "medium",
        f"{one.name.partition('.')[2]} is ignored: {one.why}",
        place(one.name, one.located),
        "give it a value of the right type or remove it",
        control.disables if control is not None else (),
        one.name,
    )


def _repeated(view: View, one: Repeated) -> Finding:
    control = view.controls.get(one.name)
    return Finding(
        "settings.repeated-key",
        "medium",
        f"{one.name.partition('.')[2]} stands here twice; the one in line {one.counts} counts, this one does not",
        f"{one.file}:{one.ignored}",
        "remove one of the two",
        control.disables if control is not None else (),
        one.name,
    )


def _damaged(file: str) -> Finding:
    return Finding(
        "settings.damaged-text",
        "medium",
        "this file holds bytes that are no UTF-8; names and values around them are not what they seem",
        file,
        "save it as UTF-8",
    )
