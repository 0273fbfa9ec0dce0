"""What decided a verdict on this machine, and where it was set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.agent.secrets import setting
from carnet.policy.resolve import classify, flips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.agent.findings.view import View
    from carnet.model.machine import Located
    from carnet.model.verdict import Verdict
    from carnet.policy.table import Table


@dataclass(frozen=True, slots=True)
class Decided:
    """One line of the audit: a verdict, what decided it, where that stands, how long it is kept."""

    verdict: Verdict
    by: str
    """`DISABLE_TELEMETRY=1`, `required`, `default; set ...`."""
    named: tuple[tuple[str, Located], ...]
    """What is set and decided it: (name, where)."""
    kept: str
    """Retention class; `-` where nothing is sent or kept."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Where what decided it stands."""
        return tuple(dict.fromkeys(located.place for _, located in self.named))


def decided(view: View) -> list[Decided]:
    """One for every verdict, in the pack's order."""
    rules = {rule.id: tuple(test.fact for test in rule.when) for rule in view.tables.rulebook.rules}
    shared = classify(view.tables, view.context.facts)
    return [
        _decided(view, verdict, rules.get(verdict.rule, ()), table, shared)
        for verdict, table in zip(view.verdicts, view.tables.tables, strict=True)
    ]


def _decided(view: View, verdict: Verdict, facts: Sequence[str], table: Table, shared: Sequence[str | None]) -> Decided:
    named = tuple(_named(view, facts)) if verdict.verdict != "unknown" else ()
    known = _known(view, facts) if verdict.verdict != "unknown" else ()
    kept = "-" if verdict.verdict == "off" else verdict.retention
    if verdict.verdict == "local-only" or verdict.retention == "local":
        named = (*named, *_cleanup(view))
    return Decided(verdict, _by(view, verdict, named, known, table, shared), named, kept)


def _named(view: View, facts: Sequence[str]) -> list[tuple[str, Located]]:
    """What is set on the machine among the facts that the deciding rule reads."""
    found: list[tuple[str, Located]] = []
    for fact in facts:
        located = view.located(fact)
        if located is not None:
            found.append((fact.partition(".")[2], located))
        elif fact == "provider":
            found += _provider(view)
    return found


def _provider(view: View) -> list[tuple[str, Located]]:
    names = (*view.layout.provider.switches, view.layout.provider.base_url)
    return [
        (name, view.machine.env[name]) for name in names if name in view.machine.env and view.machine.env[name].value
    ]


def _cleanup(view: View) -> list[tuple[str, Located]]:
    key = view.layout.watch.cleanup
    located = view.machine.settings.get(key)
    return [(key, located)] if located is not None else []


def _known(view: View, facts: Sequence[str]) -> tuple[str, ...]:
    """Other facts that the deciding rule reads, as far as they are known and no default."""
    told = (fact for fact in facts if not fact.startswith(("env.", "settings.")) and fact in view.context.facts)
    shown = ((fact, view.context.facts[fact]) for fact in told)
    return tuple(f"{fact}={value}" for fact, value in shown if value != view.layout.provider.default)


def _by(
    view: View,
    verdict: Verdict,
    named: Sequence[tuple[str, Located]],
    known: Sequence[str],
    table: Table,
    shared: Sequence[str | None],
) -> str:
    if verdict.verdict == "unknown":
        return _unknown(verdict)
    told = ", ".join([*known, *(setting(name, located.value) for name, located in named)])
    if verdict.verdict == "local-only" and view.layout.watch.cleanup not in dict(named):
        told = ", ".join(
            filter(None, (told, f"{view.layout.watch.cleanup}={view.layout.watch.cleanup_default} (default)"))
        )
    if told:
        return f"{told}; nothing else turns it off" if _alone(verdict, named) else told
    if verdict.necessity == "required":
        return "required"
    if verdict.verdict == "on-request":
        return "only when a person starts it"
    switch = _switch(view, table, shared) if verdict.verdict == "on" else ""
    return f"default; {switch} turns it off" if switch else "default"


def _alone(verdict: Verdict, named: Sequence[tuple[str, Located]]) -> bool:
    return verdict.verdict == "off" and len(named) == 1 and not verdict.also


def _unknown(verdict: Verdict) -> str:
    if not verdict.missing:
        return "no document says"
    listed = ", ".join(name.removeprefix("env.").removeprefix("settings.") for name in verdict.missing)
    return f"{listed} {'is' if len(verdict.missing) == 1 else 'are'} not known"


def _switch(view: View, table: Table, shared: Sequence[str | None]) -> str:
    """The narrowest control that alone turns the flow off."""
    found = [
        view.controls[flip.fact]
        for flip in flips(table, table.pick(shared))
        if flip.verdict == "off" and flip.fact.startswith(("env.", "settings.")) and flip.value != "invalid"
    ]
    if not found:
        return ""
    narrowest = min(found, key=lambda control: len(control.disables))
    family, _, name = narrowest.fact.partition(".")
    if family == "env":
        return f"{name}=1"
    return f"{name}: 0" if narrowest.kind == "rate" else f"{name}: true"
