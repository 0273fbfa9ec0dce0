"""Quoting a cited sentence from the captured version that the citation names."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from carnet.documents.sentences import sentences
from carnet.errors import NotFoundError, StoreError
from carnet.model.document import Outcome
from carnet.model.explanation import Quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from carnet.model.document import Document, Sentence, Version
    from carnet.model.rule import Citation
    from carnet.stores.contract import DocumentStore

SEEN = (Outcome.NEW, Outcome.UNCHANGED)
TRIES = 50
"""Captures looked at for the last one that saw the text; fetches that failed in a row are seldom more."""


def quote(store: DocumentStore, cite: Citation) -> Quote | None:
    """The sentence a citation names, from the store; None where it was never captured here."""
    return Quotes(store).quote(cite)


class Quotes:
    """Quotes many citations and reads each version once."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._documents: list[Document] | None = None
        self._versions: dict[int, list[Version]] = {}
        self._sentences: dict[str, Mapping[str, list[Sentence]]] = {}

    def quote(self, cite: Citation) -> Quote | None:
        """The cited sentence, or None where no version captured here carries it.

        The version named by the citation comes first, in whatever collection it lies. A store that never saw that
        version may have a later one with the same sentence: it is quoted too, as what it is.
        """
        for document in self._named(cite.document):
            versions = self._of(document)
            named = [one for one in versions if one.digest.startswith(cite.version) and not one.gone]
            for version in (*named[:1], *reversed(_while_it_stood(versions, cite))):
                sentence = self._carried(version, cite)
                if sentence is not None:
                    return self._quote(document, version, sentence, cite)
                if version not in named:
                    break  # the newest one of the span speaks for the rest
        return None

    def _named(self, name: str) -> list[Document]:
        """Documents of that name, those that have versions of their own pack's collection first."""
        if self._documents is None:
            self._documents = self._store.documents()
        return [one for one in self._documents if f"/{one.name}".endswith(f"/{name}") and not one.example]

    def _of(self, document: Document) -> list[Version]:
        if document.id not in self._versions:
            self._versions[document.id] = self._store.versions(document.id)
        return self._versions[document.id]

    def _carried(self, version: Version, cite: Citation) -> Sentence | None:
        """The sentence as this version has it, in the cited section where it stands in more than one."""
        found = self._read(version).get(cite.fingerprint, [])
        return next((one for one in found if innermost(one) == cite.section), next(iter(found), None))

    def _read(self, version: Version) -> Mapping[str, list[Sentence]]:
        kept = self._sentences.get(version.digest)
        if kept is None:
            kept = self._sentences[version.digest] = by_fingerprint(self._text(version))
        return kept

    def _text(self, version: Version) -> bytes:
        if version.gone:
            return b""
        try:
            return self._store.text(version.digest)
        except (NotFoundError, StoreError):
            return b""  # a damaged text is told where it is shown; an explanation goes on without it

    def _quote(self, document: Document, version: Version, sentence: Sentence, cite: Citation) -> Quote:
        first, last = self._span(document, version, cite)
        link = document.url if document.url.startswith(("http://", "https://")) else ""
        return Quote(
            document.full_name, sentence.section, sentence.text, link, version.digest, version.at, first, last
        )  # fmt: skip

    def _span(self, document: Document, version: Version, cite: Citation) -> tuple[datetime, datetime]:
        """First and last capture that carry the sentence without a break around the version quoted."""
        versions = self._of(document)
        at = first = last = versions.index(version)
        named = version.digest.startswith(cite.version)
        while not named and first > 0 and self._carried(versions[first - 1], cite):
            first -= 1
        if cite.until is not None:
            stood = [n for n, one in enumerate(versions) if n > at and one.at < _start(cite.until)]
            last = max([at, *stood])
        elif self._carried(versions[-1], cite):
            last = len(versions) - 1
        else:
            last = self._last_before_gone(versions, at, len(versions) - 1, cite)
        return versions[first].at, self._last_seen(document, versions, last)

    def _last_before_gone(self, versions: Sequence[Version], has: int, lacks: int, cite: Citation) -> int:
        while lacks - has > 1:
            middle = (has + lacks) // 2
            has, lacks = (middle, lacks) if self._carried(versions[middle], cite) else (has, middle)
        return has

    def _last_seen(self, document: Document, versions: Sequence[Version], at: int) -> datetime:
        """The last capture that saw this version, before the next one came."""
        end = versions[at + 1].at - timedelta(microseconds=1) if at + 1 < len(versions) else None
        seen = self._store.captures(document.id, since=versions[at].at, until=end, limit=TRIES)
        return max((one.at for one in seen if one.outcome in SEEN), default=versions[at].at)


def by_fingerprint(text: bytes) -> dict[str, list[Sentence]]:
    """The sentences of a text by fingerprint, in order."""
    found: dict[str, list[Sentence]] = {}
    for one in sentences(text):
        found.setdefault(one.fingerprint, []).append(one)
    return found


def innermost(sentence: Sentence) -> str:
    """The heading right above a sentence, as citations name it; empty above the first."""
    return sentence.section[-1] if sentence.section else ""


def _while_it_stood(versions: Sequence[Version], cite: Citation) -> list[Version]:
    end = None if cite.until is None else _start(cite.until)
    return [one for one in versions if not one.gone and one.at >= _start(cite.since) and (end is None or one.at < end)]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
