"""Which documents are due for a capture."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.capture.answer import header
from carnet.documents.capture.retry import retry_after
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from carnet.model.document import Document
    from carnet.stores.contract import Store

CONFIRM = timedelta(minutes=10)
"""A held capture is confirmed or dropped no later than this."""
LONGEST = timedelta(days=1)
"""A document that keeps failing is still tried this often."""
SPREAD = 0.1
"""Part of the time between two captures by which documents are spread, so that they do not come all at once."""
_LOOKED_BACK = 8


def due(store: Store, documents: Sequence[Document], now: datetime, every: timedelta) -> list[Document]:
    """The documents whose time has come. Asking twice is harmless: a capture made in between is seen."""
    marks = store.documents.marks(_LOOKED_BACK)
    return [each for each in documents if _is_due(store, each, marks.get(each.id, []), now, each.every or every)]


def _is_due(
    store: Store, document: Document, marks: Sequence[tuple[datetime, Outcome]], now: datetime, every: timedelta
) -> bool:
    if document.url.startswith("import:"):
        return False
    if marks and marks[-1][0] > now:
        return _is_due_before(store, document, now, every)
    if not marks:
        return True
    last, outcome = marks[-1]
    if now - last < wait(document, marks, every):
        return False
    return outcome is not Outcome.FAILED or _may_come_back(store, document, now)


def _is_due_before(store: Store, document: Document, now: datetime, every: timedelta) -> bool:
    """Due by a clock that went backwards: at once, and then again every while, not until it has caught up."""
    newest = store.documents.captures(document.id, limit=1)[0]
    since = store.documents.captures(document.id, until=now, limit=1)
    return not since or since[0].id < newest.id or now - since[0].at >= wait(document, [], every)


def wait(document: Document, marks: Sequence[tuple[datetime, Outcome]], every: timedelta) -> timedelta:
    """Time between the last capture (of `marks`, oldest first) and the next one."""
    failures = 0
    for _, outcome in reversed(marks):
        if outcome is not Outcome.FAILED:
            break
        failures += 1
    if failures:
        every = max(every, min(every * 2 ** (failures - 1), LONGEST))
    elif marks and marks[-1][1] is Outcome.HELD:
        every = min(every, CONFIRM)
    # The same for one document and one capture, so that asking again gives the same answer.
    chance = random.Random(f"{document.id} {marks[-1][0] if marks else ''}").random()  # noqa: S311 - no secret
    return every * (1 - SPREAD * chance)


def _may_come_back(store: Store, document: Document, now: datetime) -> bool:
    """Whether the time a failing server asked for has passed."""
    failed = store.documents.last_capture(document.id, (Outcome.FAILED,))
    if failed is None:
        return True
    asked = retry_after(header(failed.headers, "retry-after") or None, failed.at)
    return asked is None or now - failed.at >= min(timedelta(seconds=asked), LONGEST)
