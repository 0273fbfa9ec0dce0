"""The founding page's table, cell by cell: which service may be contacted with which provider and which control set.

Written down from the page (2026-04-23), not derived from the pack: a test holds both against each other, and against
what was seen on the wire.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY = date(2026, 4, 23)
SERVICES = {
    "metrics": "127.0.1.1",
    "errors": "127.0.1.2",
    "feedback": "127.0.1.3",
    "survey": "127.0.1.4",
    "domain-check": "127.0.1.5",
}
"""Each has a collector of its own, so that an address alone tells who was contacted."""
PORT = 8417
PROVIDERS: dict[str, dict[str, str]] = {
    "Claude API": {},
    "Vertex API": {"CLAUDE_CODE_USE_VERTEX": "1"},
    "Bedrock API": {"CLAUDE_CODE_USE_BEDROCK": "1"},
    "Foundry API": {"CLAUDE_CODE_USE_FOUNDRY": "1"},
}
IDS = {"Claude API": "anthropic", "Vertex API": "vertex", "Bedrock API": "bedrock", "Foundry API": "foundry"}
ALWAYS = frozenset({"survey", "domain-check"})
"""What runs whatever the provider is."""
BY_DEFAULT = dict.fromkeys(PROVIDERS, ALWAYS) | {"Claude API": frozenset(SERVICES)}
STOPS = {
    "DISABLE_TELEMETRY": frozenset({"metrics", "survey"}),
    "DISABLE_ERROR_REPORTING": frozenset({"errors"}),
    "DISABLE_FEEDBACK_COMMAND": frozenset({"feedback"}),
    "CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY": frozenset({"survey"}),
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": frozenset({"metrics", "errors", "feedback", "survey"}),
}
"""Variables, each set to 1, in the environment, and checked into settings.json."""
KEYS = (("feedbackSurveyRate", 0, "survey"), ("skipWebFetchPreflight", True, "domain-check"))
"""Settings keys, which no variable stands for."""
LARGEST = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"
PLACES = {
    "environment": "",
    "user settings": "home/.claude/settings.json",
    "project settings": "project/.claude/settings.json",
    "managed settings": "managed/managed-settings.json",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of the program: what is set, and who may be contacted."""

    provider: str
    control: str
    place: str
    expected: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, object]] = field(default_factory=dict)
    scene: str = "plain"
    """`plain`; `queued`, `spooled`: the control is set after reports waited; `leaking`: a program that asks nobody."""

    @property
    def name(self) -> str:
        return f"{self.provider}: {self.control}, {self.place}" if self.place else f"{self.provider}: {self.control}"

    def plain(self) -> dict[str, object]:
        """As the watched process reads it."""
        return asdict(self)


def cells(places: Iterable[str] = PLACES) -> Iterator[Cell]:
    """Every provider with nothing set, with each control in each place, and with controls that come late."""
    for provider, switch in PROVIDERS.items():
        default = BY_DEFAULT[provider]
        yield Cell(provider, "nothing set", "", _sorted(default), switch)
        for control, stopped in STOPS.items():
            for place in places:
                file = PLACES[place]
                env = switch if file else switch | {control: "1"}
                files: dict[str, dict[str, object]] = {file: {"env": {control: "1"}}} if file else {}
                yield Cell(provider, f"{control}=1", place, _sorted(default - stopped), env, files)
        for key, value, stopped_by_it in KEYS:
            for place in places:
                if file := PLACES[place]:
                    left = _sorted(default - {stopped_by_it})
                    said = f"{key}: {json.dumps(value)}"
                    yield Cell(provider, said, place, left, switch, {file: {key: value}})
        quiet = {PLACES["user settings"]: {"skipWebFetchPreflight": True, "env": {LARGEST: "1"}}}
        yield Cell(provider, f"{LARGEST}=1 and skipWebFetchPreflight: true", "user settings", (), switch, quiet)
    left = ("domain-check",)
    yield Cell("Claude API", f"{LARGEST}=1", "set while reports wait in memory", left, scene="queued")
    yield Cell("Claude API", f"{LARGEST}=1", "set while reports wait on the disk", left, scene="spooled")


def leaking() -> Cell:
    """What must be seen if it happens: a name that is asked for, an address that is called, over both protocols."""
    return Cell("Claude API", "nothing set", "a program that asks nobody", (), scene="leaking")


def _sorted(services: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in SERVICES if name in services)
