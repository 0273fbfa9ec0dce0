"""Many layers -> the values that count, and those they shadow."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from carnet.model.machine import Located, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from carnet.agent.layout import Layout, Precedence, Stricter

Values = dict[str, Located]


def effective_settings(sources: Sequence[Source], layout: Layout, precedence: Precedence) -> Values:
    """The settings that count. `sources` are in ascending order within a layer; managed ones already chosen."""
    merged: Values = {}
    for layer in reversed(precedence.layers):
        for source in sources:
            if source.layer == layer and source.state == "read":
                merged = {key: _one(key, merged, source.values, layout) for key in {**merged, **source.values}}
    for rule in layout.stricter:
        _apply(rule, sources, merged)
    return merged


def _one(key: str, lower: Mapping[str, Located], upper: Mapping[str, Located], layout: Layout) -> Located:
    if key not in upper:
        return lower[key]
    new = upper[key]
    old = lower.get(key)
    if old is None:
        return new
    whole = key in layout.lists.whole or (key in layout.lists.whole_when_managed and new.layer == "managed")
    if isinstance(old.value, dict | list) and type(old.value) is type(new.value) and not whole:
        return replace(new, value=joined(old.value, new.value), shadowed=old.shadowed)
    return replace(new, shadowed=(replace(old, shadowed=()), *old.shadowed))


def joined(lower: object, upper: object) -> object:
    """Objects are joined key by key, lists without repeats; anything else is replaced."""
    if isinstance(lower, dict) and isinstance(upper, dict):
        return {
            key: joined(lower[key], upper[key]) if key in lower and key in upper else {**lower, **upper}[key]
            for key in {**lower, **upper}
        }
    if isinstance(lower, list) and isinstance(upper, list):
        return _union([*lower, *upper])
    return upper


def _union(items: Iterable[object]) -> list[object]:
    found: list[object] = []
    for item in items:
        if not any(_same(item, other) for other in found):
            found.append(item)
    return found


def _same(one: object, other: object) -> bool:
    """Whether two JSON scalars are the same (1 is not true); lists and objects are told apart as the agent does."""
    return type(one) is type(other) and not isinstance(one, dict | list) and one == other


def _apply(rule: Stricter, sources: Sequence[Source], merged: Values) -> None:
    now = merged.get(rule.key)
    if now is None or now.value is rule.value:
        return
    for source in sources:
        found = source.values.get(rule.key)
        if source.layer in rule.layers and source.state == "read" and found and found.value is rule.value:
            merged[rule.key] = replace(found, shadowed=(replace(now, shadowed=()),))
            return


def effective_env(sources: Sequence[Source], process: Mapping[str, Located], precedence: Precedence) -> Values:
    """The variables that count: one in a settings file replaces the process's, even an empty one."""
    merged: Values = dict(process)
    for layer in reversed(precedence.layers):
        for source in sources:
            if source.layer == layer and source.state == "read":
                merged |= {key: _over(merged.get(key), new) for key, new in source.env.items()}
    return merged


def _over(old: Located | None, new: Located) -> Located:
    return new if old is None else replace(new, shadowed=(replace(old, shadowed=()), *old.shadowed))


def choose_managed(sources: Sequence[Source], precedence: Precedence, process: Mapping[str, str]) -> list[Source]:
    """Managed sources after the rule that the first one with any key wins; others are `shadowed`.

    Where the client merges variables, a shadowed source keeps those that no source above it sets.
    """
    winner = next((tier for tier in precedence.managed if _speaks(sources, tier)), None)
    merge = precedence.managed_env == "merged" and process.get(precedence.first_when, "").lower() not in {"1", "true"}
    taken: dict[str, str] = {}
    chosen = []
    for tier in precedence.managed:
        own = [source for source in sources if source.tier == tier]
        before = dict(taken)
        for source in own:
            chosen.append(source if tier == winner or source.state != "read" else _shadowed(source))
            if merge and tier != winner and source.state == "read":
                kept = {key: value for key, value in source.env.items() if not _taken(key, before, precedence)}
                if kept:
                    chosen.append(Source("managed", source.file, "read", tier, {}, kept))
        taken |= {key: tier for source in own if source.state == "read" for key in source.env}
    # ascending: what comes later wins
    order = {tier: number for number, tier in enumerate(reversed(precedence.managed))}
    return sorted(chosen, key=lambda source: order[source.tier])


def _speaks(sources: Sequence[Source], tier: str) -> bool:
    return any(s.tier == tier and s.state == "read" and (s.values or s.env) for s in sources)


def _shadowed(source: Source) -> Source:
    why = "another managed source comes first" if source.values or source.env else ""
    return replace(source, state="shadowed" if why else source.state, why=why)


def _taken(key: str, taken: Mapping[str, str], precedence: Precedence) -> bool:
    if key in taken:
        return True
    return _in(key, precedence.unit) and any(_in(other, precedence.unit) for other in taken)


def _in(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)
