"""How much of the documents a pack's rules rest on: sentences cited, marked as no rule, or left uncovered."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.sentences import sentences
from carnet.errors import CarnetError
from carnet.policy.compile import stands
from carnet.policy.quoting import innermost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from carnet.model.document import Document, Sentence, Version
    from carnet.model.rule import Citation
    from carnet.packs import Pack
    from carnet.policy.rulebook import Rulebook
    from carnet.stores.contract import DocumentStore


class _Passage(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    section: str
    fingerprint: str
    kind: str


class _Passages(msgspec.Struct, forbid_unknown_fields=True):
    """passages.toml."""

    passage: list[_Passage] = []


@dataclass(frozen=True, slots=True)
class Coverage:
    """One version of one document: the sentences of the sections that rules cite."""

    document: str
    """Name within the pack."""
    version: Version
    total: int
    uncovered: tuple[Sentence, ...]
    whole: bool
    """True where the pack claims to have judged every sentence: it marks sentences of this document as no rule."""

    @property
    def percent(self) -> float:
        """Share of the sentences that are cited or marked; 100 where there is none."""
        return 100 * (1 - len(self.uncovered) / self.total) if self.total else 100.0


def read_passages(folder: Path) -> Mapping[str, frozenset[str]]:
    """Fingerprints of sentences that state no rule, by document. Raises CarnetError for a file that cannot be used."""
    file = folder / "passages.toml"
    if not file.exists():
        return {}
    try:
        read = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _Passages)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    found: dict[str, set[str]] = {}
    for one in read.passage:
        found.setdefault(one.document, set()).add(one.fingerprint)
    return {name: frozenset(prints) for name, prints in found.items()}


def citations_of(book: Rulebook, document: str) -> list[Citation]:
    """Every citation of a document, each once."""
    return list(dict.fromkeys(cite for rule in book.rules for cite in rule.cites if cite.document == document))


def coverage(store: DocumentStore, document: Document, pack: Pack, book: Rulebook) -> Iterator[Coverage]:
    """The coverage of every version of a document that some rule cites, oldest first."""
    cites = citations_of(book, document.name)
    passages = read_passages(pack.folder).get(document.name, frozenset())
    versions = [version for version in store.versions(document.id) if not version.gone] if cites else []
    texts = dict(store.texts({version.digest for version in versions}))
    for version in versions:
        standing = [cite for cite in cites if _stood(cite, version, versions)]
        yield Coverage(
            document.name, version, *_uncovered(texts[version.digest], standing, passages), whole=bool(passages)
        )


def _stood(cite: Citation, version: Version, versions: list[Version]) -> bool:
    """Whether a citation speaks of a version: the last of its day, or one that another of the same day replaced."""
    day = version.at.date()
    replaced = any(one.number == version.number + 1 and one.at.date() == day for one in versions)
    return stands(cite, day) or (replaced and cite.until == day)


def _uncovered(text: bytes, cites: list[Citation], passages: frozenset[str]) -> tuple[int, tuple[Sentence, ...]]:
    sections = {cite.section for cite in cites}
    known = {cite.fingerprint for cite in cites} | passages
    within = [one for one in sentences(text) if innermost(one) in sections]
    return len(within), tuple(one for one in within if one.fingerprint not in known)


def first_seen(store: DocumentStore, document: Document, until: date) -> Mapping[tuple[str, str], Version]:
    """For every (section, fingerprint) of a document up to a day: the version since which it has stood unbroken."""
    standing: dict[tuple[str, str], Version] = {}
    versions = [version for version in store.versions(document.id) if version.at.date() <= until]
    texts = dict(store.texts({version.digest for version in versions if not version.gone}))
    for version in versions:
        here = {(innermost(one), one.fingerprint) for one in sentences(texts.get(version.digest, b""))}
        standing = {key: standing.get(key, version) for key in here}
    return standing
