"""Searching a phrase in every version of every document."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from carnet.documents.layout import layout, sections
from carnet.errors import CarnetError
from carnet.model.found import Found, Spell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore

_AROUND = 60
_BETWEEN = r"(?:[\s*_`~\\]|<br ?/?>|\]\([^()\s]*\)|\[)+"
"""What may stand between two words of a phrase: white space and markup."""


def search(store: DocumentStore, words: str, collection: str | None = None) -> list[Found]:
    """Documents that hold or once held a phrase (case and white space do not matter), those in force first."""
    parts = words.split()
    if not parts:
        raise CarnetError("nothing to search for: give one or more words")
    phrase = _Phrase(parts)
    found = [one for document in store.documents(collection) if (one := _search(store, document, phrase))]
    return sorted(found, key=lambda one: (not one.in_force, one.document))


class _Phrase:
    """A phrase, ready to be looked for in bytes first and in text then."""

    def __init__(self, parts: Sequence[str]) -> None:
        between = _BETWEEN.join(_loosely(part) for part in parts)
        self.pattern = re.compile(between, re.IGNORECASE)
        runs = [run for part in parts for run in re.findall(r"[0-9a-z_]+", part.lower(), re.ASCII)]
        self._rarest = max(runs, key=len, default="").encode()

    def stands_in(self, text: bytes) -> bool:
        """Cheap refusal first: most texts do not hold the phrase's longest word."""
        if self._rarest and self._rarest not in text.lower():
            return False
        return self.pattern.search(text.decode("utf-8", "replace")) is not None


def _loosely(part: str) -> str:
    return re.sub("['’‘]", "['’‘]", re.sub('["“”]', '["“”]', re.escape(part)))


def _search(store: DocumentStore, document: Document, phrase: _Phrase) -> Found | None:
    versions = store.versions(document.id)
    holding: set[str] = set()
    newest = {version.digest: version.number for version in versions if not version.gone}
    kept: tuple[int, bytes] = (0, b"")
    for digest, text in store.texts(newest):
        if phrase.stands_in(text):
            holding.add(digest)
            kept = max(kept, (newest[digest], text))
    if not holding:
        return None
    version = next(version for version in reversed(versions) if version.digest in holding and not version.gone)
    return _found(document, _spells(versions, holding), version, kept[1], phrase)


def _spells(versions: Sequence[Version], holding: set[str]) -> tuple[Spell, ...]:
    spells: list[Spell] = []
    start: Version | None = None
    for version in versions:
        holds = not version.gone and version.digest in holding
        if holds and start is None:
            start = version
        elif not holds and start is not None:
            spells.append(Spell(start.at, version.at))
            start = None
    return (*spells, Spell(start.at, None)) if start else tuple(spells)


def _found(
    document: Document, spells: tuple[Spell, ...], version: Version, text: bytes, phrase: _Phrase
) -> Found | None:
    shown = text.decode("utf-8", "replace")
    match = phrase.pattern.search(shown)
    if match is None:
        return None
    line = shown.count("\n", 0, match.start())
    above = sections(layout(text))
    at = bisect_right([start for start, _ in above], line) - 1
    return Found(
        document.full_name,
        spells,
        version.digest,
        above[at][1] if at >= 0 else (),
        line,
        _before(shown, match.start()),
        _tidy(match[0]),
        _after(shown, match.end()),
    )


def _before(text: str, end: int) -> str:
    """The rest of the line before, cut between words where it is long."""
    line = text[max(0, end - _AROUND) : end].rpartition("\n")
    cut = not line[1] and end > _AROUND
    return _tidy(f"…{line[2].partition(' ')[2]}" if cut else line[2])


def _after(text: str, start: int) -> str:
    line = text[start : start + _AROUND].partition("\n")
    cut = not line[1] and start + _AROUND < len(text)
    return _tidy(f"{line[0].rpartition(' ')[0]}…" if cut else line[0])


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text)
