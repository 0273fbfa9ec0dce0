"""From an answer to what is recorded of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carnet.documents.capture.answer import header
from carnet.documents.capture.derive import normaliser
from carnet.documents.capture.hygiene import LEAST, Doubt, Sight, agrees, doubt
from carnet.documents.capture.media import media_of
from carnet.model.document import Attempt, Capture, Observation, Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.documents.capture.answer import Answer
    from carnet.documents.capture.derive import Derived
    from carnet.documents.capture.known import Known
    from carnet.errors import FetchError
    from carnet.model.document import Document
    from carnet.stores.contract import Store

LONGEST_WHY = 500
DIGEST = "content-digest"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a capture comes to."""

    entry: Observation | Attempt
    """What is recorded where nothing speaks against it."""
    doubt: Doubt = Doubt.NONE
    confirmed: Observation | None = None
    """The held capture that this one confirms; recorded first, at its own instant."""
    old_size: int = 0


def unchanged(document: Document, answer: Answer, now: datetime, known: Known) -> Judged:
    """The text is the one in force (a 304, or an equal body), or the document is still gone."""
    version = known.version
    capture = _capture(document, answer, now, Outcome.UNCHANGED)
    if version is not None and not version.gone:
        headers = answer.headers if answer.status != 304 else _carried(answer, known)
        capture = replace(capture, digest=version.digest, size=version.size, headers=headers)
    return Judged(Attempt(capture))


def failed(document: Document, error: FetchError, now: datetime) -> Judged:
    """The document could not be fetched, or the answer was not the document."""
    why = " ".join(str(error).split())
    why = why if len(why) <= LONGEST_WHY else f"{why[:LONGEST_WHY]}…"
    status, headers = getattr(error, "status", None), getattr(error, "headers", ())
    capture = Capture(0, document.id, now, Outcome.FAILED, why=why, status=status, headers=headers)
    return Judged(Attempt(capture))


def gone(document: Document, answer: Answer, now: datetime, known: Known) -> Judged:
    """The document is not there any more: held at first, a version of its own once a second capture agrees."""
    entry = _observation(document, answer, now, known, None)
    if known.held is not None and agrees(_sight(known.held), Sight("", 0)):
        return Judged(entry, confirmed=_seen(known.held, None, None, ""))
    return Judged(entry, Doubt.GONE, old_size=known.version.size if known.version else 0)


def changed(
    store: Store, document: Document, answer: Answer, now: datetime, known: Known, derived: Derived, run: int
) -> Judged:
    """The text differs from the one in force. `run` is the number of documents of the collection in this run."""
    entry = _observation(document, answer, now, known, derived)
    held, digest = known.held, hashlib.sha256(derived.text).hexdigest()
    if held is not None and agrees(_sight(held), Sight(digest, len(derived.text))):
        return Judged(entry, confirmed=_confirmed(store, held, digest, derived))
    version = known.text
    if version is None:
        return Judged(entry)
    # Reading the old text costs more than it tells where a collection is too small to be doubted as a whole.
    old = store.documents.text(version.digest) if run >= LEAST else b" " * version.size
    found = doubt(old, derived.text)
    return Judged(entry, Doubt.NONE if run < LEAST and found is Doubt.WILD else found, old_size=version.size)


def with_digest(answer: Answer) -> Answer:
    """The answer with the digest of its body (RFC 9530) among what is kept of it."""
    code = base64.b64encode(hashlib.sha256(answer.body).digest()).decode()
    return replace(answer, headers=(*answer.headers, (DIGEST, f"sha-256=:{code}:")))


def same_bytes(document: Document, answer: Answer, known: Known) -> bool:
    """Whether the body is the one the text in force was made from, by today's derivation: nothing to read again."""
    version, good = known.text, known.good
    if version is None or good is None or good.digest != version.digest or known.held is not None:
        return False
    if header(good.headers, DIGEST) != answer.header(DIGEST):
        return False
    media = media_of(document, answer.header("content-type"), answer.body)
    return version.normaliser == normaliser(document, media)


def held(judged: Judged, why: str) -> Attempt:
    """A capture that waits for a second one, with all it saw."""
    entry = judged.entry
    if isinstance(entry, Attempt):
        return entry
    capture = Capture(
        0, entry.document, entry.at, Outcome.HELD, why=why, status=entry.status,
        headers=entry.headers, final_url=entry.final_url,
    )  # fmt: skip
    return Attempt(capture, entry.text, entry.raw)


def released(store: Store, capture: Capture, normaliser: str) -> Observation:
    """A held capture as the observation it becomes once it counts."""
    if not capture.digest:
        return _seen(capture, None, None, "")
    text, raw = store.documents.text(capture.digest), store.documents.raw(capture.id)
    return _seen(capture, text, raw, normaliser) if raw != text else _seen(capture, text, None, "")


def _confirmed(store: Store, capture: Capture, digest: str, derived: Derived) -> Observation:
    if capture.digest == digest:
        return _seen(capture, derived.text, derived.raw, derived.normaliser)
    return released(store, capture, derived.normaliser)


def _seen(capture: Capture, text: bytes | None, raw: bytes | None, normaliser: str) -> Observation:
    return Observation(
        capture.document, capture.at, text, raw=raw, status=capture.status,
        final_url=capture.final_url, headers=capture.headers, normaliser=normaliser,
    )  # fmt: skip


def _observation(
    document: Document, answer: Answer, now: datetime, known: Known, derived: Derived | None
) -> Observation:
    return Observation(
        document.id, now, derived.text if derived else None, raw=derived.raw if derived else None,
        order=known.order(now), status=answer.status, final_url=_final(document, answer), headers=answer.headers,
        normaliser=derived.normaliser if derived else "",
    )  # fmt: skip


def _capture(document: Document, answer: Answer, now: datetime, outcome: Outcome) -> Capture:
    return Capture(
        0, document.id, now, outcome, status=answer.status, headers=answer.headers, final_url=_final(document, answer)
    )


def _final(document: Document, answer: Answer) -> str:
    return "" if answer.url == document.url else answer.url


def _carried(answer: Answer, known: Known) -> tuple[tuple[str, str], ...]:
    """Headers of a 304, and those of the answer it stands for that it leaves out."""
    before = known.good.headers if known.good else ()
    absent = [name for name in ("etag", "last-modified", "content-type", DIGEST) if not header(answer.headers, name)]
    return (*answer.headers, *((name, value) for name in absent if (value := header(before, name))))


def _sight(capture: Capture) -> Sight:
    return Sight(capture.digest, capture.size)
