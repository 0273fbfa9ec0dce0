"""What every store can do. Stations know this file only; implementations are opened by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from carnet.model.difference import Transition
    from carnet.model.document import Attempt, Capture, Document, Observation, Outcome, Version
    from carnet.stores.records_contract import RecordStore


class DocumentStore(Protocol):
    """Documents, their captures, their versions. Every method is one transaction and safe to repeat."""

    def add_document(self, document: Document) -> Document:
        """Return the document of this collection with that URL or that name, adding it where there is none."""

    def change_document(self, document: Document) -> None:
        """Write all attributes of the document with that id."""

    def remove_documents(self, documents: Sequence[Document]) -> None:
        """Forget documents with all their captures, versions and texts no other document shares."""

    def documents(self, collection: str | None = None) -> list[Document]:
        """All documents, or a collection's, ordered by collection and name."""

    def record(self, observations: Sequence[Observation]) -> list[Capture]:
        """Write what captures saw, all or nothing, and decide new or unchanged against the neighbours in time.

        An observation equal (document, at, order, text, source) to a recorded one adds nothing and returns that one.
        An observation that lands between two others keeps the law that no version equals the one before it:
        it and those behind it are decided again, so the versions never depend on the order of recording.
        "Not there" before any text was ever seen is a failed capture, never a version.
        """

    def record_attempt(self, capture: Capture, text: bytes | None = None, raw: bytes | None = None) -> Capture:
        """Write a capture that made no version: failed, held (with the text it saw) or unchanged (a 304)."""

    def record_attempts(self, attempts: Sequence[Attempt]) -> list[Capture]:
        """Write many attempts in one transaction; one equal to a recorded one adds nothing and returns that one.

        A capture without bytes that names the digest of a text the document has keeps it (a 304: the same as before).
        """

    def rederive(self, document: int, texts: Mapping[int, bytes], normaliser: str) -> None:
        """Replace the texts of observations (by capture id) after a change of the normaliser.

        The history is decided again from the new texts: a changed derivation makes no version of its own.
        """

    def captures(
        self, document: int, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> list[Capture]:
        """Captures of a document between two instants (both ends included), newest first."""

    def last_capture(self, document: int, outcomes: Sequence[Outcome]) -> Capture | None:
        """The newest capture with one of these outcomes."""

    def standing(self, documents: Sequence[int]) -> Mapping[int, tuple[Capture | None, Version | None]]:
        """(newest capture, newest version in the history's order) of many documents, in one read."""

    def versions(self, document: int) -> list[Version]:
        """All versions of a document in the history's order."""

    def version_at(self, document: int, instant: datetime) -> Version | None:
        """The version in force at an instant."""

    def changes(
        self, collection: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[datetime, str]]:
        """(instant, document name) of every version of a collection, in the history's order."""

    def text(self, digest: str) -> bytes:
        """Canonical text by digest. Raises StoreError when the bytes do not match their digest."""

    def texts(self, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Many texts, in the cheapest order for a history read from its beginning."""

    def raw(self, capture: int) -> bytes:
        """Bytes as they came with a capture."""

    def observations(self, document: int) -> Iterator[Observation]:
        """Everything observed of a document, in the history's order: recording it elsewhere restores it."""

    def attempts(self, document: int) -> Iterator[Attempt]:
        """Every capture of a document that is no observation, oldest first, with the bytes kept of it."""

    def transitions(self, document: int, *, derivation: int = 1) -> Mapping[tuple[str, str], Transition]:
        """Kept transitions by (old digest, new digest); an absent pair has not been derived yet.

        `derivation` is the version of the code that derives them: what another one kept is not returned.
        """

    def keep_transitions(
        self, document: int, kept: Mapping[tuple[str, str], Transition], *, derivation: int = 1
    ) -> None:
        """Keep derived transitions; they are a cache, and those of another derivation are dropped."""

    def counts(self, document: int) -> tuple[int, int]:
        """(captures, versions) of a document."""

    def marks(self, instants: int) -> Mapping[int, list[tuple[datetime, Outcome]]]:
        """For every document its newest captures (at most `instants`), oldest first: the strip of the overview."""


class Store(Protocol):
    """An opened store."""

    @property
    def documents(self) -> DocumentStore:
        """What vendors say."""

    @property
    def has_records(self) -> bool:
        """Whether records were ever kept here; asking makes no file."""

    @property
    def records(self) -> RecordStore:
        """What is kept of people; its files are made at the first use."""

    def close(self) -> None:
        """Release files and connections."""

    def role(self, name: str, held: int | None = None) -> AbstractContextManager[int | None]:
        """Hold a role (`web`, `watch`, `keep`, `relay`). Raises BusyError while another process holds it.

        Where a descriptor holds it, it is given: whoever executes another program in this process hands it on, and the
        role is never free. There, `held` is that descriptor.
        """

    def note(self, key: str) -> str | None:
        """A small named value (first start done, a task's last run), or None."""

    def set_note(self, key: str, value: str) -> None:
        """Write a small named value."""
