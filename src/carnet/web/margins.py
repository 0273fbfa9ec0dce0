"""A version's rules at their sentences: which sentence each rule cites, what no rule covers, what is stale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carnet.documents.render.annotated import Marked, annotated
from carnet.documents.sentences import sentences
from carnet.policy.compile import compile_tables
from carnet.policy.coverage import read_passages
from carnet.policy.quoting import innermost
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from carnet.documents.render.annotated import Piece
    from carnet.model.document import Document, Sentence
    from carnet.model.rule import Citation, Rule
    from carnet.packs import Pack

    Cites = Mapping[tuple[str, str], list[Rule]]

CITED, UNCOVERED, PASSAGE, BEYOND = "cited", "uncovered", "passage", "beyond"


@dataclass(frozen=True, slots=True)
class Spot:
    """One sentence and what the pack says of it."""

    sentence: Sentence
    kind: str
    """`cited`, `uncovered`, `passage` (judged to state no rule) or `beyond` (the pack claims nothing of it)."""
    rules: tuple[Rule, ...]
    number: int
    """Its note's number; 0 where it has none."""


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in the margin of one block for one rule, or for sentences without one."""

    rule: Rule | None
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One block and its notes."""

    piece: Piece
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Margins:
    """A version with its rules."""

    day: date
    spots: tuple[Spot, ...]
    rows: tuple[Row, ...]
    stale: tuple[tuple[Rule, Citation], ...]
    """Rules of the day with a sentence that this version does not have."""
    whole: bool
    """Whether the pack claims to cover the sections it cites: it has judged sentences of this document."""

    def count(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.spots)

    @property
    def weighed(self) -> int:
        """Sentences that a rule or a judgement should cover; none where the pack judged no sentence."""
        return len(self.spots) - self.count(BEYOND) if self.whole else 0

    @property
    def coverage(self) -> float | None:
        """How many of them are, in per cent; None where there are none."""
        return 100 * (self.weighed - self.count(UNCOVERED)) / self.weighed if self.weighed else None


def margins(pack: Pack, document: Document, text: bytes, day: date) -> Margins:
    """A version's text with the rules that stood on a day at their sentences."""
    tables = compile_tables(rulebook(pack), day)
    rules = _own([rule for table in tables.tables for _, rule in table.rules])
    found = sentences(text)
    judged = read_passages(pack.folder).get(document.name, frozenset())
    spots = _spots(found, _cites(rules, document.name), judged)
    marks = [_marked(one) for one in spots]
    rows = [Row(piece, _notes(piece, spots)) for piece in annotated(text, document.media, marks)]
    here = {one.fingerprint for one in found}
    stale = [(rule, cite) for rule in rules for cite in rule.cites if _lost(cite, document.name, here)]
    return Margins(day, tuple(spots), tuple(rows), tuple(stale), whole=bool(judged))


def _own(rules: Sequence[Rule]) -> list[Rule]:
    """Rules as the pack writes them: one that follows another flow's stands once, with what it cites itself."""
    plain = {rule.id: rule for rule in rules if "/" not in rule.id}
    found = dict(plain)
    for rule in rules:
        name, _, twin = rule.id.partition("/")
        if twin and twin in plain:
            theirs = set(plain[twin].cites)
            cites = tuple(cite for cite in rule.cites if cite not in theirs)
            means = rule.means.removesuffix(plain[twin].means).strip()
            found.setdefault(name, replace(rule, id=name, cites=cites, means=means))
    return list(found.values())


def _lost(cite: Citation, document: str, here: set[str]) -> bool:
    return cite.document == document and cite.fingerprint not in here


def _cites(rules: Iterable[Rule], document: str) -> Cites:
    """By section and fingerprint: the rules that cite the sentence."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        for cite in rule.cites:
            if cite.document == document:
                found.setdefault((cite.section, cite.fingerprint), []).append(rule)
    return found


def _spots(found: Sequence[Sentence], cites: Cites, judged: frozenset[str]) -> list[Spot]:
    sections = {section for section, _ in cites}
    spots: list[Spot] = []
    number = 0
    for one in found:
        rules = cites.get((innermost(one), one.fingerprint), [])
        kind = CITED if rules else _uncited(one, judged, sections)
        number += kind in {CITED, UNCOVERED}
        spots.append(Spot(one, kind, tuple(rules), number if kind in {CITED, UNCOVERED} else 0))
    return spots


def _uncited(sentence: Sentence, judged: frozenset[str], sections: set[str]) -> str:
    """Only of a document of which the pack judges sentences does it claim to cover the sections it cites."""
    if sentence.fingerprint in judged:
        return PASSAGE
    return UNCOVERED if judged and innermost(sentence) in sections else BEYOND


def _marked(one: Spot) -> Marked:
    text = one.sentence.text.rpartition(" | ")[2]
    if not one.number:
        return Marked(one.sentence.line, text, "", "")
    return Marked(one.sentence.line, text, f"t-{one.number}", one.kind, str(one.number))


def _notes(piece: Piece, spots: Sequence[Spot]) -> tuple[Note, ...]:
    """A note for each rule cited in a block, with the numbers of its sentences; one for those without a rule."""
    inside = [one for one in spots if one.number and piece.start <= one.sentence.line < piece.end]
    by_rule: dict[str, list[Spot]] = {}
    rules: dict[str, Rule] = {}
    for one in inside:
        for rule in one.rules:
            rules[rule.id] = rule
            by_rule.setdefault(rule.id, []).append(one)
    bare = tuple(one for one in inside if not one.rules)
    notes = [Note(rules[name], tuple(members)) for name, members in by_rule.items()]
    return (*notes, *([Note(None, bare)] if bare else []))
