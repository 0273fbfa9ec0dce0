"""A machine as it would be with another text in one of its settings files: nothing is written for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.agent.fix import Change
from carnet.agent.json_patch import check, drop, put
from carnet.agent.layers import judged, read_layer
from carnet.agent.machine import read_machine
from carnet.model.want import Want

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from carnet.agent.layers import Layer
    from carnet.agent.layout import Layout
    from carnet.agent.sources import Location, Sources
    from carnet.model.finding import Finding
    from carnet.model.machine import Machine

MEANT = {"opt-out.undocumented-value", "opt-out.empty", "opt-out.shell-only"}


def changed_text(text: str, changes: Sequence[Change], file: str) -> str:
    """The settings file's text with these changes. Raises CarnetError where it cannot be changed safely."""
    check(text, file)
    for change in changes:
        text = drop(text, change.path) if change.value is None else put(text, change.path, change.value)
    return text


def repairs(machine: Machine, file: Path) -> list[Change]:
    """Taking away the one key whose value makes the agent ignore the whole file."""
    return [Change(f"settings.{void.key}", None) for void in machine.void_files if void.key and void.file == str(file)]


def own_wishes(findings: Sequence[Finding]) -> Want:
    """What the owner of a machine seems to want: opt-outs that were meant, though they do not hold."""
    meant = [one.key for one in findings if one.id in MEANT and one.key.startswith("env.")]
    return Want("the opt-outs that are set", env={key.partition(".")[2]: "1" for key in meant})


def machine_with(
    sources: Sources, layout: Layout, day: date, version: str | None, changed: tuple[Path, str]
) -> Machine:
    """The machine as it would be."""
    file, text = changed

    def reader(place: Location, known: Layout) -> Layer:
        return judged(place, text, known) if place.path == file else read_layer(place, known)

    return read_machine(sources, layout, day, version, reader)
