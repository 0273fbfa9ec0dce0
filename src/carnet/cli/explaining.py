"""An explanation on a terminal, or in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless
from carnet.policy.table import UNKNOWN, UNSTATED
from carnet.policy.words import aspect_words, condition_words, fact_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from carnet.model.explanation import Branch, Explanation, Quoted, Way
    from carnet.model.rule import Rule

LABEL = 12
BASES = {"own": "decided by Carnet itself"}
"""A basis whose name alone does not tell."""
Line = tuple[str, str]
"""A label, empty where the line goes on with the one above, and what it says."""


def print_explanation(
    found: Explanation, quotes: Sequence[Quoted], supposed: Mapping[str, object], otherwise: str, pack: str
) -> None:
    """The verdict first, then one labelled block for each question a reader asks."""
    click.echo(headline(found, supposed, otherwise))
    click.echo()
    for label, text in _lines(found, quotes, pack):
        click.echo(harmless(f"  {label:{LABEL}}{text}").rstrip())


def headline(found: Explanation, supposed: Mapping[str, object], otherwise: str) -> str:
    """`survey is on    (with DISABLE_TELEMETRY unset; on this machine it is off)`.

    `otherwise` is empty where the pack does not say where a machine keeps settings: then none was read.
    """
    state = f"{found.flow} is {found.verdict.verdict}"
    if not supposed:
        return f"{state}    ({'on this machine, ' if otherwise else ''}as of {found.day})"
    told = " and ".join(_supposed(name, value) for name, value in supposed.items())
    rest = f"is {otherwise}" if otherwise != found.verdict.verdict else "is too"
    here = f"; on this machine it {rest}" if otherwise else ""
    return f"{state}    (with {told}, as of {found.day}{here})"


def _supposed(name: str, value: object) -> str:
    return f"{fact_name(name)} unset" if value is None else f"{fact_name(name)}={value}"


def _lines(found: Explanation, quotes: Sequence[Quoted], pack: str) -> Iterator[Line]:
    yield "means", _means(found)
    if found.rule:
        yield "rule", f"{found.rule.id}   since {found.rule.since}   pack {pack}{_basis(found.rule)}"
        if found.rule.conflict:
            yield "against it", found.rule.conflict
    yield from _outcome(found)
    if found.verdict.says not in {"", UNKNOWN, UNSTATED.value}:
        yield "it prints", f"“{found.verdict.says}”"
    if found.spell:
        yield "so since", _since(found)
    yield from _cites(found, quotes, pack)
    yield from _rules("also holds", found.also)
    yield from _rules("besides", found.besides)
    yield from (("against it", f"{rule.id}: {rule.conflict}") for rule in found.besides if rule.conflict)
    yield from _tried(found)
    yield from _ways(found.ways)
    yield from _branches(found.branches)
    if found.controls:
        yield "controls", ", ".join(fact_name(one.fact) for one in found.controls)


def _means(found: Explanation) -> str:
    if found.rule is None and found.verdict.rule:
        return "Which rule decides it is open; every one that comes into question gives the same verdict."
    return found.verdict.means or _silence(found)


def _silence(found: Explanation) -> str:
    if found.verdict.missing:
        return f"It depends on what is not known here: {', '.join(map(fact_name, found.verdict.missing))}."
    return "No document of that day says."


def _basis(rule: Rule) -> str:
    return "" if rule.basis == "documented" else f"   ({BASES.get(rule.basis, rule.basis)})"


def _outcome(found: Explanation) -> Iterator[Line]:
    one = found.verdict
    yield "to", f"{aspect_words(one.recipients)}   {one.necessity}   for {', '.join(one.purposes) or 'nothing'}"
    yield "kept", f"{one.retention}   training {one.training}   transit {one.transit}   at rest {one.at_rest}"
    if one.assumed:
        yield "assumed", ", ".join(fact_name(fact) for fact in one.assumed)


def _since(found: Explanation) -> str:
    spell = found.spell
    if spell is None:
        return ""
    if spell.earliest:
        return f"{spell.since}, the first day known, or longer"
    return f"{spell.since}; until then {spell.before}"


def _cites(found: Explanation, quotes: Sequence[Quoted], pack: str) -> Iterator[Line]:
    """The sentences of the rule that decides, then those of the rules that say what becomes of the data."""
    own = {(one.document, one.section, one.fingerprint) for one in (found.rule.cites if found.rule else ())}
    for name, wanted in (("cites", True), ("cited too", False)):
        some = [one for one in quotes if (_key(one) in own) is wanted]
        for at, (_, group) in enumerate(groupby(some, key=_place)):
            yield from _one_place("" if at else name, list(group))
    missing = sorted({one.citation.document for one in quotes if one.quote is None})
    if missing:
        yield "", f"not captured here: {'; '.join(f'carnet capture {pack}/{name}' for name in missing)};"
        yield "", f"or the whole history: carnet import HISTORY --pack {pack}"
    if not quotes:
        promised = found.rule is not None and found.rule.basis == "own"
        why = "it is a promise of Carnet’s own" if promised else "no sentence of a document says so"
        yield "cites", f"nothing: {why}"


def _key(one: Quoted) -> tuple[str, str, str]:
    return one.citation.document, one.citation.section, one.citation.fingerprint


def _place(one: Quoted) -> str:
    section = f" > {one.citation.section}" if one.citation.section else ""
    return f"{one.quote.document if one.quote else one.citation.document}{section}"


def _one_place(label: str, some: Sequence[Quoted]) -> Iterator[Line]:
    link = next((one.quote.link for one in some if one.quote), "")
    yield label, f"{_place(some[0])}   {link}".rstrip()
    for one in some:
        if one.quote is None:
            yield "", f"  {one.citation.fingerprint}   since {one.citation.since}"
            continue
        seen = f"{one.quote.first:%Y-%m-%d %H:%M} .. {one.quote.last:%Y-%m-%d %H:%M} UTC"
        yield "", f"  “{one.quote.text}”"
        yield "", f"  {one.citation.fingerprint}   seen {seen}"


def _rules(label: str, rules: Sequence[Rule]) -> Iterator[Line]:
    if not rules:
        yield from [(label, "none")] if label == "also holds" else []
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        then = "; ".join(f"{aspect} {aspect_words(value)}" for aspect, value in rule.then if aspect != "says")
        yield label, f"{rule.id:{width}}   {then}"
        label = ""


def _tried(found: Explanation) -> Iterator[Line]:
    width = max((len(one.rule.id) for one in found.tried), default=0)
    label = "tried"
    for one in found.tried:
        yield label, f"{one.rule.id:{width}}   {'; '.join(one.why)}"
        label = ""


def _ways(ways: Sequence[Way]) -> Iterator[Line]:
    label = "would flip"
    for (fact, verdict), group in groupby(
        sorted(ways, key=lambda way: (way.verdict, way.fact)), key=lambda way: (way.fact, way.verdict)
    ):
        some = list(group)
        told = some[0].words if len(some) == 1 else condition_words(fact, [way.one for way in some])
        yield label, f"{told} -> {verdict}   (--if {fact}={_as_given(some[0].value)})"
        label = ""


def _as_given(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _branches(branches: Sequence[Branch]) -> Iterator[Line]:
    label = "would tell"
    for one in branches:
        gives = dict(one.gives)
        told = f"it is {gives.pop('verdict')}" if "verdict" in gives else ""
        rest = "" if told else ", ".join(f"{aspect} {value}" for aspect, value in gives.items())
        yield label, f"{one.words} -> {told or rest}"
        label = ""
