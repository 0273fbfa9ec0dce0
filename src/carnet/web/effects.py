"""What a compared change does to the rules and verdicts: the box that closes a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.packs import load
from carnet.policy.compile import compile_tables
from carnet.policy.effect import rule_changes
from carnet.policy.effect_answers import own_rules, places
from carnet.policy.history import covering
from carnet.policy.history_effect import document_effect
from carnet.policy.rulebook import rulebook
from carnet.policy.words import aspect_words
from carnet.web.wording import RETENTION, VERDICTS, wording

if TYPE_CHECKING:
    from datetime import date

    from carnet.model.difference import Comparison
    from carnet.model.document import Document
    from carnet.model.rule import Rule, Value
    from carnet.packs import Pack
    from carnet.policy.effect import RuleChanges, Shift
    from carnet.policy.history_effect import DocumentEffect
    from carnet.web.site import Site


@dataclass(frozen=True, slots=True)
class Line:
    """One change of one aspect, and every flow it comes about in."""

    shift: Shift
    flows: tuple[tuple[str, str], ...]
    """(id, title); flows that follow another one change as it does."""
    old: str
    new: str
    where: tuple[str, ...]
    """The contexts in words, one an alternative."""


@dataclass(frozen=True, slots=True)
class Effect:
    """All that a comparison's box says."""

    pack: Pack
    old: date
    new: date
    found: DocumentEffect
    lines: tuple[Line, ...]
    """Verdicts first."""
    added: tuple[Rule, ...]
    """Rules that began with this change and cite this document."""
    ended: tuple[Rule, ...]
    recited: tuple[Rule, ...]
    """Rules that stand on other sentences of this document now."""

    @property
    def verdicts(self) -> bool:
        """True where a verdict changes in some context."""
        return any(line.shift.aspect == "verdict" for line in self.lines)


def effect_of(site: Site, document: Document, comparison: Comparison, texts: tuple[bytes, bytes]) -> Effect | None:
    """The effect of a comparison; None where no pack speaks of the document."""
    pack = covering(site.store.documents, document, load())
    if pack is None or comparison.old.digest == comparison.new.digest:
        return None
    book = rulebook(pack)
    old, new = comparison.old.at.date(), comparison.new.at.date()
    found = document_effect(book, document.name, (comparison.old, comparison.new), texts)
    changes = rule_changes(compile_tables(book, old), compile_tables(book, new))
    titles = {flow.id: flow.title for flow in book.flows}
    lines = sorted(_lines(pack, found, titles), key=lambda one: one.shift.aspect != "verdict")
    return Effect(pack, old, new, found, tuple(lines), *_rules(changes, document.name))


def _rules(changes: RuleChanges, document: str) -> tuple[tuple[Rule, ...], tuple[Rule, ...], tuple[Rule, ...]]:
    added, ended, recited = (own_rules(part) for part in (changes.added, changes.ended, changes.recited))
    return _citing(added, document), _citing(ended, document), _citing(recited, document)


def _citing(rules: list[Rule], document: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if "/" not in rule.id and any(c.document == document for c in rule.cites))


def _lines(pack: Pack, found: DocumentEffect, titles: dict[str, str]) -> list[Line]:
    alike: dict[object, list[Shift]] = {}
    for one in found.shifts:
        alike.setdefault((one.aspect, one.old, one.new, one.changed, one.contexts, one.where), []).append(one)
    return [_line(pack, members, found, titles) for members in alike.values()]


def _line(pack: Pack, members: list[Shift], found: DocumentEffect, titles: dict[str, str]) -> Line:
    first = members[0]
    old, new = (_told(pack, first.aspect, value) for value in (first.old, first.new))
    flows = tuple((one.flow, titles[one.flow]) for one in members)
    return Line(first, flows, old, new, tuple(places(first, found.tables)))


def _told(pack: Pack, aspect: str, value: Value) -> str:
    if aspect == "recipients" and not isinstance(value, str):
        return ", ".join(wording(pack.folder).recipient(one) for one in value) or "nobody"
    plain = aspect_words(value)
    if aspect == "verdict":
        return VERDICTS.get(plain, plain)
    return RETENTION.get(plain, plain) if aspect == "retention" else {"unstated": "not stated"}.get(plain, plain)
