"""What is held, since when and why, and the deletions that wait for a release or a repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.model.record import Scope
from carnet.records import works
from carnet.records.answers import Names
from carnet.web.amounts import chunks_of
from carnet.web.lacking import lacking, look
from carnet.web.pages.deletion import said
from carnet.web.record_rows import SessionRow, by_session, session_answer, session_rows
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json
from carnet.web.words import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.record import Hold, Work
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deletion that waits: for a release, or for a repair."""

    asked: datetime
    words: str
    """What it is of, as its asker named it."""
    removes: str
    """`account` or `organisation` where that goes with its records."""
    receipt: str
    held: int
    """Sessions that keep it waiting."""
    unread: tuple[str, ...]
    """Partitions it could not reach; it is finished after their repair."""


def holds_page(request: Request) -> Response:
    """`/holds` and its JSON twin."""
    records = records_of(request)
    holds = records.store.catalogue.holds()
    look(request, records.store)
    rows = _rows(records.store, holds, lacking(request))
    waiting = [_waiting(work, holds) for work in works.waiting(records.store)]
    if asks_json(request):
        held = [{**session_answer(row), "placed": rfc3339(row.hold.placed)} for row in rows if row.hold]
        return as_json(request, {"holds": held, "waiting": [_waiting_answer(one) for one in waiting]})
    done = request.query_params.get("done", "")
    return page(request, "holds.html", {"rows": rows, "waiting": waiting, "done": done, "now": records.now()})


def _rows(store: RecordStore, holds: list[Hold], unread: list[Unread]) -> list[SessionRow]:
    """Held sessions, the newest hold first."""
    names = Names(store)
    held = {one.session for one in holds}
    chunks = [
        chunk
        for session in held
        for chunk in chunks_of(store, Scope(session.organisation, session.account, session.name), unread)
        if chunk.key.session == session
    ]
    rows = session_rows(held, by_session(chunks), names)
    return sorted(rows, key=lambda row: row.hold.placed.timestamp() if row.hold else 0, reverse=True)


def _waiting(work: Work, holds: list[Hold]) -> Waiting:
    words = work.done.get("words")
    return Waiting(
        work.asked,
        said(words) if isinstance(words, dict) else "",
        str(work.done.get("remove") or ""),
        str(work.done.get("receipt")),
        sum(works.means(work, one.session) for one in holds),
        tuple(sorted(works.unread_of(work))),
    )


def _waiting_answer(one: Waiting) -> dict[str, object]:
    return {
        "asked": rfc3339(one.asked),
        "of": one.words,
        "removes": one.removes or None,
        "receipt": one.receipt,
        "held": one.held,
        **({"unread": list(one.unread)} if one.unread else {}),
    }
