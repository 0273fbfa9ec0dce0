"""An invented pack whose rules cite sentences of an invented document, and a store that captured it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from carnet.documents.sentences import fingerprint
from carnet.model.document import Document, Media, Observation
from carnet.model.rule import Citation
from carnet.packs.loading import read_pack

from .books import write

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.model.document import Version
    from carnet.packs import Pack
    from carnet.stores.contract import DocumentStore

URL = "https://juniper.example/keeping.md"
KEPT = "Logs stay for 30 days on our side."
LONGER = "Logs stay for 60 days on our side."
NOBODY = "Nobody else reads them at all."
FIRST = f"# Keeping\n\n## Logs\n\n{KEPT} {NOBODY}\n\n## Other\n\nWe like cats.\n"
SECOND = FIRST.replace(KEPT, LONGER)
DAYS = (date(2031, 5, 6), date(2031, 6, 2), date(2031, 7, 1))


@dataclass(frozen=True, slots=True)
class Shelf:
    """One document as a store has it."""

    store: DocumentStore
    document: Document
    versions: list[Version]

    def cite(self, sentence: str = KEPT, number: int = 1, since: date = DAYS[0], until: date | None = None) -> Citation:
        """A citation of a sentence in one of the versions."""
        digest = self.versions[number - 1].digest[:16]
        return Citation(self.document.name, "Logs", fingerprint(sentence), digest, since, until)


def shelve(store: DocumentStore, *texts: str | None, source: str = "folder test", collection: str = "juniper") -> Shelf:
    """Record texts as captures of one document, one a day of DAYS."""
    url = URL if collection == "juniper" else f"import:{collection}/keeping"
    document = store.add_document(Document(0, collection, "keeping", url, Media.MARKDOWN))
    store.record([observe(document, day, text, source) for day, text in zip(DAYS, texts, strict=False)])
    return Shelf(store, document, store.versions(document.id))


def observe(document: Document, day: date, text: str | None, source: str = "") -> Observation:
    at = datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC)
    return Observation(document.id, at, text.encode() if text is not None else None, source=source)


def cited(name: str, cite: Citation, then: str = 'verdict = "on"', when: str = "", until: date | None = None) -> str:
    """One rule in TOML that cites a sentence."""
    ends = f"until = {until}\n" if until else ""
    cite_ends = f"until = {cite.until}\n" if cite.until else ""
    return (
        f'[[rule]]\nid = "{name}"\nflow = "metrics"\nwhen = {{ {when} }}\nthen = {{ {then} }}\nsince = {cite.since}\n'
        f'{ends}means = "What {name} means."\n[[rule.cites]]\n'
        f'document = "{cite.document}"\nsection = "{cite.section}"\n'
        f'fingerprint = "{cite.fingerprint}"\nversion = "{cite.version}"\nsince = {cite.since}\n{cite_ends}\n'
    )


def pack(folder: Path, *rules: str, passages: str = "") -> Pack:
    """The pack `juniper` in a folder, with these rules."""
    write(folder, "\n".join(rules))
    (folder / "pack.toml").write_text('schema = 1\nid = "juniper"\ntitle = "Juniper"\nagent = "Juniper"\n')
    (folder / "documents.toml").write_text(
        f'[[document]]\nurl = "{URL}"\nname = "keeping"\nnames = ["keeping.md"]\nmedia = "markdown"\n'
    )
    if passages:
        (folder / "passages.toml").write_text(passages)
    return read_pack(folder)
