"""Flows: the kinds of data an agent sends, and the facts that decide about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of data going to one recipient."""

    id: str
    title: str
    data: str
    """What is sent, in our own words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How an agent reads a control, and since when that is known."""

    reads: str
    """`set`, `nonempty`, `truthy` or `value`."""
    on: tuple[str, ...] = ()
    """With `value`: what counts as on."""
    off: tuple[str, ...] = ()
    """With `value`: what counts as off; any other value is not documented, so not known."""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A thing somebody can set and a rule reads: a variable, a settings key, an account's toggle."""

    fact: str
    """Dotted name: `env.NAME`, `settings.KEY`, `org.zdr`, `model_improvement`."""
    title: str
    readings: tuple[Reading, ...] = ()
    classes: tuple[str, ...] = ()
    """All classes of its values, for facts that are not read as on or off."""
    scopes: tuple[str, ...] = ()
    """Where it may stand: `process`, `user`, `project`, `local`, `managed`, `flags`, `account`, `organisation`."""
    kind: str = "switch"
    """`switch`, `choice`, `rate`, `days`, `version`, `text`."""
    default: str | None = None
    """Class taken when the fact is absent; None: not known (a variable or settings key: off)."""
    disables: tuple[str, ...] = ()
    """Flows it is meant to turn off."""
    effects: tuple[str, ...] = ()
    """What else setting it does, in our own words."""
    since: date | None = None
    until: date | None = None
