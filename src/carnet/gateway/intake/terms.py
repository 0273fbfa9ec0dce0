"""Whether a report may be kept: the account's terms, the organisation's switches, the defaults of providers."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.model.record import Lane
from carnet.packs import named
from carnet.records.deciding import PACK, RATING, Deciding

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from carnet.model.account import Caller

ZDR = "zdr"
_MOST = 20_000


class Default(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Flows that clients of some providers do not send of themselves."""

    id: str
    providers: tuple[str, ...]
    flows: tuple[str, ...]
    means: str


@cache
def defaults() -> tuple[Default, ...]:
    """defaults.toml of the pack."""
    path = named(PACK).folder / "defaults.toml"
    try:
        rows = tomllib.loads(path.read_text("utf-8"))["default"]
        return msgspec.convert(rows, tuple[Default, ...])
    except (OSError, KeyError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CarnetError(f"{path}: {error}") from error


class Terms:
    """Decides from memory: once for each key, kind, flow, provider and day."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._deciding: tuple[date, Deciding] | None = None
        self._known: dict[tuple[str, str, str, str], tuple[Caller, date, str]] = {}

    def forbids(self, caller: Caller, kind: str, flow: str, provider: str) -> str:
        """The id of the rule that keeps nothing of it; empty where it is kept."""
        day, name = self._now().date(), (caller.key.id, kind, flow, provider)
        known = self._known.get(name)
        if known is None or known[0] is not caller or known[1] != day:
            known = caller, day, self._decided(caller, kind, flow, provider, day)
            self._known[name] = known
            while len(self._known) > _MOST:
                del self._known[next(iter(self._known))]
        return known[2]

    def provider(self, text: str) -> str:
        """A provider as the pack knows it; empty for none and for any other word."""
        return text if text and text in self._rules(self._now().date()).providers else ""

    def _decided(self, caller: Caller, kind: str, flow: str, provider: str, day: date) -> str:
        if caller.organisation.zdr:
            return ZDR
        for one in defaults():
            if provider in one.providers and flow in one.flows:
                return one.id
        person = None if kind == RATING else caller.account
        found = self._rules(day).decide(caller.organisation, person, kind, flow, provider)
        if isinstance(found, Lane):
            return ""
        verdict = self._rules(day).verdict(caller.organisation, person, flow, provider)
        return verdict.rule if verdict.rule and verdict.verdict != "on" else "organisation.keep"

    def _rules(self, day: date) -> Deciding:
        if self._deciding is None or self._deciding[0] != day:
            self._deciding = day, Deciding(day)
        return self._deciding[1]
