"""What a pack's author is held to: citations that are found, rules that decide, defaults, dates, no vendor's words."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.canonical import canonical
from carnet.documents.sentences import sentences
from carnet.errors import CarnetError
from carnet.model.rule import ASPECTS
from carnet.policy.compile import column, compile_tables
from carnet.policy.quoting import by_fingerprint, innermost
from carnet.policy.table import UNSTATED
from carnet.policy.words import condition_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from carnet.model.document import Document, Sentence
    from carnet.model.flow import Control
    from carnet.model.rule import Citation, Rule
    from carnet.policy.compile import Tables
    from carnet.policy.rulebook import Rulebook
    from carnet.policy.table import Table
    from carnet.stores.contract import DocumentStore

LONG = 6
"""Words from which a sentence of a document may not stand in a pack."""


@dataclass(frozen=True, slots=True)
class Cited:
    """How a pack's citations fared in this store."""

    found: int
    unchecked: int
    """Citations of versions that were never captured here."""
    findings: tuple[str, ...]


def check_citations(store: DocumentStore | None, documents: Sequence[Document], book: Rulebook) -> Cited:
    """Is every cited sentence in the version its citation names, in its section?"""
    read = _Read(store, documents)
    findings: list[str] = []
    found = unchecked = 0
    for rule, cite in own_citations(book):
        known = read.version(cite)
        if known is None:
            unchecked += 1
            continue
        places = [innermost(one) for one in known.get(cite.fingerprint, ())]
        if cite.section in places:
            found += 1
        else:
            where = f"stands under {', '.join(repr(place) for place in places)}" if places else "is not in that version"
            findings.append(
                f"{rule.where}: {cite.document} {cite.section!r} {cite.fingerprint} {where} ({cite.version})"
            )
    return Cited(found, unchecked, tuple(findings))


def own_citations(book: Rulebook) -> Iterator[tuple[Rule, Citation]]:
    """Every citation as it is written; rules that follow another flow's repeat theirs."""
    return ((rule, cite) for rule in book.rules if "/" not in rule.id for cite in rule.cites)


class _Read:
    """The sentences of cited versions, each version read once."""

    def __init__(self, store: DocumentStore | None, documents: Sequence[Document]) -> None:
        self._store = store
        self._digests = (
            {one.name: [version.digest for version in store.versions(one.id)] for one in documents} if store else {}
        )
        self._known: dict[str, Mapping[str, Sequence[Sentence]]] = {}

    def version(self, cite: Citation) -> Mapping[str, Sequence[Sentence]] | None:
        digest = next((one for one in self._digests.get(cite.document, ()) if one.startswith(cite.version)), None)
        if digest is None or self._store is None:
            return None
        if digest not in self._known:
            self._known[digest] = by_fingerprint(self._store.text(digest))
        return self._known[digest]


def check_dates(book: Rulebook) -> list[str]:
    """Spans that end before they begin, that overlap another of the same thing, or that leave their rule's."""
    findings = []
    for rule, cite in own_citations(book):
        told = f"{rule.where}: {cite.document} {cite.section!r} {cite.fingerprint}"
        if cite.until is not None and cite.until <= cite.since:
            findings.append(f"{told}: until {cite.until} is not after since {cite.since}")
        elif not _within(cite, rule):
            findings.append(f"{told}: {_span(cite)} lies outside of the rule's {_span(rule)}")
    for rule in book.rules:
        seen = [(c, (c.document, c.section, c.fingerprint)) for c in rule.cites if "/" not in rule.id]
        findings += [
            f"{rule.where}: {cite.document} {cite.section!r} {cite.fingerprint}: cited twice for the same days"
            for n, (cite, key) in enumerate(seen)
            if any(key == other and overlap(cite, earlier) for earlier, other in seen[:n])
        ]
    return [*findings, *_superseded(book), *(line for one in book.controls for line in _readings(one))]


def _within(cite: Citation, rule: Rule) -> bool:
    return (rule.until is None or cite.since < rule.until) and (cite.until is None or cite.until > rule.since)


def overlap(one: Citation | Rule, other: Citation | Rule) -> bool:
    """Whether two spans of days share a day."""
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)


def _span(dated: Citation | Rule) -> str:
    return f"{dated.since}..{dated.until or ''}"


def _superseded(book: Rulebook) -> Iterator[str]:
    by_id = {rule.id: rule for rule in book.rules}
    for rule in book.rules:
        for name in rule.supersedes:
            old = by_id.get(name)
            if old is not None and overlap(rule, old):
                yield f"{rule.where}: supersedes {name}, which still holds ({_span(old)} against {_span(rule)})"


def _readings(control: Control) -> Iterator[str]:
    for reading, then in zip(control.readings, control.readings[1:], strict=False):
        if reading.until is None or then.since is None or then.since < reading.until:
            yield f"controls.toml: {control.fact}: two readings hold on the same days"
    for reading in control.readings:
        if reading.since and reading.until and reading.until <= reading.since:
            yield f"controls.toml: {control.fact}: until {reading.until} is not after since {reading.since}"


def dead_rules(book: Rulebook) -> list[str]:
    """Rules that decide no aspect of any context on any day."""
    alive: set[str] = set()
    for day in book.changes:
        tables = compile_tables(book, day)
        for table in tables.tables:
            if any(rule.id not in alive for _, rule in table.rules):
                alive |= set(_deciding(tables, table))
    return [
        f"{rule.where}: never decides anything" for rule in book.rules if rule.id not in alive and "/" not in rule.id
    ]


def _deciding(tables: Tables, table: Table) -> Iterator[str]:
    for aspect in ASPECTS:
        alone = column(tables, table, aspect)
        for point, _ in alone.space():
            decided = alone.decide(point).get(aspect)
            if decided is not None and decided.rule is not None:
                yield decided.rule.id


def missing_defaults(book: Rulebook) -> list[str]:
    """Flows that have rules on a day, none of which gives a verdict in some context."""
    findings = []
    for flow in book.flows:
        for day in book.changes:
            context = _undecided(compile_tables(book, day), flow.id)
            if context is not None:
                findings.append(f"flow {flow.id} has no default on {day}: no rule gives a verdict for {context}")
                break
    return findings


def _undecided(tables: Tables, flow: str) -> str | None:
    table = next(one for one in tables.tables if one.flow == flow)
    alone = column(tables, table, "verdict")
    if not table.rules:
        return None
    for point, _ in alone.space():
        if alone.decide(point).get("verdict", UNSTATED) is UNSTATED:
            facts = zip(alone.facts, point, strict=True)
            return " and ".join(condition_words(f.name, (one,), f.classes) for f, one in facts if one) or "any context"
    return None


def borrowed_words(folder: Path, texts: Iterable[bytes]) -> list[str]:
    """Strings of a pack that hold a sentence of a document; the finding names the fingerprint, not the sentence."""
    strings = [(file, words) for file in sorted(folder.rglob("*.toml")) for words in _strings(file)]
    everything = "\n".join(words for _, words in strings)
    told: list[str] = []
    seen: set[str] = set()
    for one in (sentence for text in texts for sentence in sentences(text)):
        if one.fingerprint in seen:
            continue
        seen.add(one.fingerprint)
        words = _plain(one.text)
        if len(words.split()) >= LONG and words in everything:
            file = next(file for file, string in strings if words in string)
            told.append(f"{file}: holds a sentence of a document, {one.fingerprint}; say it in own words")
    return told


def _strings(file: Path) -> Iterator[str]:
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    yield from (_plain(text) for text in _leaves(tree))


def _leaves(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from _leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value)


def _plain(text: str) -> str:
    return canonical(text).casefold().rstrip(".!?")
