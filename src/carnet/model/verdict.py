"""What holds for one flow in one context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.model.rule import Citation


@dataclass(frozen=True, slots=True)
class Flip:
    """A one-fact change that gives the flow another verdict."""

    fact: str
    value: str
    """Class the fact would have to take; `unset` removes it."""
    verdict: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Flow + context -> what happens, to whom, kept how long, and which sentence says so."""

    flow: str
    verdict: str
    """`on`, `off`, `on-request`, `local-only` or `unknown`."""
    necessity: str
    """`required`, `optional`, `on-request`; also `unstated`, `unknown`."""
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    """Stable ids, such as `anthropic`; empty where nothing leaves the machine."""
    retention: str
    """Retention class: `none`, `days30`, `months6`, `years5`, `local`; also `unstated`, `unknown`."""
    training: str
    """`yes`, `no`; also `unstated`, `unknown`."""
    transit: str
    at_rest: str
    says: str
    """How a document prints the state, composed from the rule's data; empty where none does."""
    rule: str
    """Id of the rule that decides the verdict; empty where a missing fact leaves it open."""
    means: str
    citations: tuple[Citation, ...]
    """Of every rule that decides an aspect; the deciding rule's first."""
    deciders: tuple[tuple[str, str], ...]
    """(aspect, rule id) for every aspect."""
    also: tuple[str, ...]
    """Ids of the other rules that hold and give the same verdict."""
    assumed: tuple[str, ...]
    """Facts the context left out whose default was taken."""
    missing: tuple[str, ...]
    """Facts the context left out (or whose value no document explains) that matter to the outcome."""
