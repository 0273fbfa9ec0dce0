"""What the store knows of a document before it is captured again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from yarl import URL

from carnet.documents.capture.answer import Validators, header
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.document import Capture, Document, Version
    from carnet.stores.contract import Store

SEEN = (Outcome.NEW, Outcome.UNCHANGED)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Known:
    """The last captures and the version in force."""

    good: Capture | None
    """The last capture that saw the document (or saw that it was gone)."""
    held: Capture | None
    """The capture that waits for a second one; None where no hold is open."""
    version: Version | None
    newest: datetime | None
    """Instant of the newest capture, however it ended."""

    @property
    def text(self) -> Version | None:
        """The version in force, unless it says that the document is gone."""
        return None if self.version is None or self.version.gone else self.version

    def validators(self, document: Document) -> Validators | None:
        """What makes the next request conditional, where the last answer is the text in force."""
        good = self.good
        if good is None or good.source or self.text is None or good.digest != self.text.digest:
            return None
        etag, modified = header(good.headers, "etag"), header(good.headers, "last-modified")
        if not etag and not modified:
            return None
        return Validators(good.final_url or str(URL(document.url).with_fragment(None)), etag, modified)

    def order(self, now: datetime) -> datetime | None:
        """Place of a capture made now, where the clock went backwards: behind the newest one."""
        return None if self.newest is None or self.newest < now else self.newest + _TICK


def known(store: Store, documents: Sequence[Document]) -> dict[int, Known]:
    """Read what the store knows of documents, by their ids; one that was removed knows nothing."""
    found = store.documents.standing([document.id for document in documents])
    return {each.id: _known(store, each.id, *found.get(each.id, (None, None))) for each in documents}


def _known(store: Store, document: int, last: Capture | None, version: Version | None) -> Known:
    newest = last.at if last else None
    if last is not None and last.outcome is Outcome.FAILED:
        last = store.documents.last_capture(document, (*SEEN, Outcome.HELD))
    held = last if last is not None and last.outcome is Outcome.HELD else None
    good = last if held is None else store.documents.last_capture(document, SEEN)
    return Known(good, held, version, newest)
