"""Station 4: the agent on the developer's machine: its settings, what they mean, what lies about.

What a program that is an agent uses of it is given here, and loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.agent.fetching.asking import DomainCheck
    from carnet.agent.fetching.fetcher import Fetcher
    from carnet.agent.fetching.nouns import Bounds, Checked, Fetched, NotFetchedError
    from carnet.agent.keeping.transcripts import Told, Transcript, Transcripts
    from carnet.agent.reporting.nouns import Agent, Collector, Limits, Naming, Reply, SurveyRateError, Where
    from carnet.agent.reporting.reporter import Reporter

__all__ = [
    "Agent",
    "Bounds",
    "Checked",
    "Collector",
    "DomainCheck",
    "Fetched",
    "Fetcher",
    "Limits",
    "Naming",
    "NotFetchedError",
    "Reply",
    "Reporter",
    "SurveyRateError",
    "Told",
    "Transcript",
    "Transcripts",
    "Where",
]

_NOUNS = ("Agent", "Collector", "Limits", "Naming", "Reply", "SurveyRateError", "Where")
_PLACES = {
    **dict.fromkeys(_NOUNS, "carnet.agent.reporting.nouns"),
    **dict.fromkeys(("Told", "Transcript", "Transcripts"), "carnet.agent.keeping.transcripts"),
    **dict.fromkeys(("Bounds", "Checked", "Fetched", "NotFetchedError"), "carnet.agent.fetching.nouns"),
    "DomainCheck": "carnet.agent.fetching.asking",
    "Fetcher": "carnet.agent.fetching.fetcher",
    "Reporter": "carnet.agent.reporting.reporter",
}


def __getattr__(name: str) -> object:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(place), name)
