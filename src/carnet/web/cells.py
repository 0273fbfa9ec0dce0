"""One service with one provider: the verdict, the document's own words of state, and what turns it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet.policy.resolve import flips
from carnet.policy.words import fact_name, settable
from carnet.web.asking import spelled
from carnet.web.wording import RETENTION, VERDICTS, assignment, either, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.flow import Control, Flow
    from carnet.model.rule import Rule
    from carnet.model.verdict import Verdict
    from carnet.policy.table import Table
    from carnet.web.asking import Asked

OPEN = ("env.", "settings.")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a matrix shows of one flow in one context."""

    flow: Flow
    verdict: Verdict
    word: str
    says: str
    """The document's own word of state, such as `Default on`; empty where it prints none."""
    disables: tuple[str, ...]
    """What turns it off, the control made for it first: `DISABLE_TELEMETRY=1`."""
    because: str
    """What keeps it off here: `CLAUDE_CODE_USE_BEDROCK=1`; empty where it is not off."""
    why: str
    """Why it is unknown, or off though nothing a person sets says so; empty otherwise."""
    href: str
    kept: str = ""
    """How long, and whether it trains: `Kept 30 days, no training`; only for a pack whose words ask for it."""


def cell(asked: Asked, flow: Flow) -> Cell:
    table = asked.table(flow.id)
    found = asked.decide(table)
    rule = rule_of(table, found.rule)
    because = _because(asked, rule) if found.verdict == "off" and rule else ""
    return Cell(
        flow,
        found,
        VERDICTS[found.verdict],
        found.says if found.says not in {"unstated", "unknown"} else "",
        disabling(asked, table) if found.verdict in {"on", "on-request", "local-only"} else (),
        because,
        _why(asked, found, rule) if found.verdict == "unknown" or (found.verdict == "off" and not because) else "",
        explain_href(asked, flow.id),
        _kept(asked, found),
    )


def _kept(asked: Asked, found: Verdict) -> str:
    word = asked.words.said("matrix-kept", "")
    if not word or found.verdict == "off":
        return ""
    training = {"yes": "may train", "no": "no training"}.get(found.training, f"training {state(found.training)}")
    return f"{word} {RETENTION.get(found.retention, found.retention)}, {training}"


def explain_href(asked: Asked, flow: str) -> str:
    return f"/explain/{quote(flow)}?{asked.query()}"


def rule_of(table: Table, name: str) -> Rule | None:
    return next((rule for _, rule in table.rules if rule.id == name), None)


def disabling(asked: Asked, table: Table) -> tuple[str, ...]:
    """Controls on the machine that would each turn the flow off by itself, the most particular one first."""
    facts = [test.fact for _, rule in table.rules for test in rule.when]
    found: dict[str, str] = {}
    for flip in flips(table, asked.classes(table)):
        if flip.verdict == "off" and flip.fact.startswith(OPEN):
            found.setdefault(flip.fact, flip.value)
    ordered = sorted(found, key=lambda fact: _particular(asked.book.control(fact), facts.index(fact)))
    return tuple(assignment(fact, _value(asked, fact, found[fact])) for fact in ordered)


def _value(asked: Asked, fact: str, name: str) -> str:
    try:
        value = settable(asked.tables.facts[asked.tables.place[fact]], name)
    except LookupError:
        return name
    return "" if value is None else spelled(fact, value)


def _particular(control: Control, place: int) -> tuple[bool, int, int]:
    """A plain switch before a rate, one made for few flows before one for many, then in the rules' order."""
    return (control.kind != "switch", len(control.disables), place)


def _because(asked: Asked, rule: Rule) -> str:
    """The facts of this context that the deciding rule rests on, as a person sets them."""
    told = []
    for test in rule.when:
        control = asked.book.control(test.fact)
        name = (asked.shared[asked.tables.place[test.fact]] or "").removesuffix("*")
        if test.fact.startswith(OPEN):
            told.append(assignment(test.fact, asked.given.get(test.fact, "")))
        elif control.kind == "choice":
            told.append(asked.words.chosen(test.fact, name))
    return either([one for one in told if one], "and")


def _why(asked: Asked, found: Verdict, rule: Rule | None) -> str:
    if rule is not None:
        return "no document says" if rule.basis == "silent" else rule.means
    if found.missing:
        return f"depends on {either(missing_words(asked, found.missing), 'and')}"
    return "no rule of this date speaks of it"


def missing_words(asked: Asked, facts: Sequence[str]) -> list[str]:
    """Facts that are not known, as nouns."""
    return [_noun(asked.book.control(fact)) for fact in facts]


def _noun(control: Control) -> str:
    if control.fact.startswith(OPEN):
        return fact_name(control.fact)
    title = f"{control.title[:1].lower()}{control.title[1:]}"
    if control.kind == "version":
        return f"the {title}"
    return title if control.kind == "choice" else f"whether {title}"


def answer(one: Cell) -> dict[str, object]:
    """The same facts for a JSON twin."""
    return {
        "verdict": one.verdict.verdict,
        "says": one.says,
        "disables": list(one.disables),
        "because": one.because,
        "why": one.why,
        "rule": one.verdict.rule,
        "missing": list(one.verdict.missing),
        "explain": one.href,
    }
