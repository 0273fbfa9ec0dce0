"""Calls about records, holds and receipts: the verbs of `carnet records`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from carnet.accounts.people import account_named
from carnet.documents.instants import written
from carnet.errors import CarnetError, FieldError
from carnet.records import erasing, exporting, holding
from carnet.records.answers import Names, record_answer, stats_answer
from carnet.records.keeping import resume
from carnet.records.reading import find, read_out
from carnet.records.receipts import Receipt, looked_over, past
from carnet.records.scoping import narrowed, scope_of, sessions_of, words_of
from carnet.records.surveying import refuse_unread
from carnet.web.calls.call import Call
from carnet.web.calls.shapes import Export, Reasoned, ReceiptGiven, RecordFilter
from carnet.web.calls.shapes import Names as Named
from carnet.web.lacking import look
from carnet.web.newest import newest
from carnet.web.record_rows import whose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.record import Hold, Scope
    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing
    from carnet.web.records import Records

ALL = "/api/admin/records"
RECEIPTS = "/api/admin/receipts"
BYTES, LINES = "application/octet-stream", "application/x-ndjson"
ID_DIGITS = 32


def listed(asking: Asking, given: RecordFilter) -> Answer:
    """List records, newest first. `older` is what to give as `before` for the next page; null on the last."""
    scope = scope_of(asking.records.store, **given.given())
    return page_of(asking, scope, given.kind, given.before, given.limit)


def page_of(asking: Asking, scope: Scope, kind: str, before: str, limit: int) -> Answer:
    """A page of the records of a scope."""
    if before and (len(before) != ID_DIGITS or set(before) - set("0123456789abcdef")):
        raise FieldError("before", "is no id of a record: 32 hexadecimal digits")
    found = newest(asking.records.store, scope, kind, limit + 1, before, asking.unread)
    names = Names(asking.records.store)
    older = found[limit - 1].id if len(found) > limit else None
    return {"records": [record_answer(one, names) for one in found[:limit]], "older": older}


def shown(asking: Asking, given: Nothing) -> Answer:
    """Show what is known of a record: whose, until when, what it may serve, which rules decided."""
    del given
    store = asking.records.store
    return record_answer(find(store, asking.part("id"))[1], Names(store))


def body(asking: Asking, given: Nothing) -> Response:
    """A record's body as it was put, byte for byte. That it was read is written into the log."""
    del given
    records = asking.records
    return bytes_of(read_out(records.store, records.keyring, asking.part("id"), "api", records.now()).data)


def bytes_of(data: bytes) -> Response:
    """Bytes that no browser takes for a page."""
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"}
    return Response(data, media_type=BYTES, headers=headers)


def stats(asking: Asking, given: Nothing) -> Answer:
    """Count what is kept by class, organisation and kind."""
    del given
    return stats_answer(asking.records.store, asking.unread)


def exported(asking: Asking, given: Export) -> Response:
    """Records with their bodies as JSON lines. The last line is a manifest with the SHA-256 of all lines before it.

    Without that line the export was cut short. That it was made is written into the log. What cannot be read is named
    in the manifest.
    """
    if given.training == bool(given.subject) or (given.purpose and not given.training):
        raise CarnetError("give either training (with a purpose, if you like) or subject")
    records = asking.records
    at = records.begin()
    if given.training:
        return lines_of(exporting.asked_training(records.store, records.keyring, at, given.purpose, []))
    account = account_named(records.store.directory, given.subject)
    return lines_of(exporting.asked_subject(records.store, records.keyring, account, at, []))


def lines_of(lines: Iterator[bytes]) -> Response:
    """An export, sent as it is made."""
    return StreamingResponse(lines, media_type=LINES, headers={"Content-Disposition": "attachment"})


def deleted(asking: Asking, given: Named) -> Answer:
    """Erase records of a session, account, organisation or repository. The receipt is in the answer, and nowhere else.

    Names narrow each other; a session that several accounts have needs its account. What is held is erased when it is
    released.
    """
    records = asking.records
    records.begin()
    scope, _ = narrowed(records.store, given.given(), asking.unread)
    work = erasing.begin(records.store, scope, records.now(), words_of(given.given()))
    return dict(erasing.erase(records.store, records.keyring, work, records.now).answer)


def held(asking: Asking, given: Reasoned) -> Answer:
    """Hold a session: it outlives expiry and deletion until it is released."""
    records = asking.records
    reason = _reason(given)
    at = records.begin()
    _, sessions = narrowed(records.store, given.given(), asking.unread)
    if not sessions:
        refuse_unread(asking.unread, f"nothing of the session {given.session!r} is in what can be read")
    placed = holding.hold(records.store, records.keyring, sessions, reason, at)
    return {"holds": _holds(records, placed)}


def released(asking: Asking, given: Reasoned) -> Answer:
    """Release a session. What was to end, or to be erased, meanwhile is erased now; its receipts are in the answer."""
    records = asking.records
    reason = _reason(given)
    at = records.begin()
    scope, sessions = narrowed(records.store, given.given(), asking.unread)
    if not sessions:
        refuse_unread(asking.unread, f"nothing of the session {given.session!r} is in what can be read")
    over = holding.release(records.store, records.keyring, sessions, reason, at)
    receipts = [dict(one.answer) for one in resume(records.store, records.keyring, at, asking.unread) if not one.queued]
    return {
        "released": _holds(records, over),
        "receipts": receipts,
        "left": any(scope.covers(one) for one in sessions_of(records.store, scope, asking.unread)),
    }


def holds(asking: Asking, given: Nothing) -> Answer:
    """List what is held, and why."""
    del given
    look(asking.request, asking.records.store)
    return {"holds": _holds(asking.records, asking.records.store.catalogue.holds())}


def receipts(asking: Asking, given: Nothing) -> Answer:
    """List erasures that are done, newest first: numbers and instants, no names."""
    del given
    look(asking.request, asking.records.store)
    return {"receipts": past(asking.records.store)}


def checked(asking: Asking, given: ReceiptGiven) -> Answer:
    """Check a receipt against this log: `faults` is empty where it is whole. One that waited is completed, once it can.

    `receipt` is the completed one, else null.
    """
    found = looked_over(asking.records.store, asking.records.keyring, given.receipt)
    if isinstance(found, Receipt):
        return {"faults": [], "receipt": dict(found.answer)}
    return {"faults": found, "receipt": None}


def _reason(given: Reasoned) -> str:
    reason = " ".join(given.reason.split())
    if not reason:
        raise FieldError("reason", "say why; it is recorded")
    if not given.session:
        raise FieldError("session", "say which session")
    return reason


def _holds(records: Records, holds: list[Hold]) -> list[Answer]:
    names = Names(records.store)
    return [hold_answer(one, names) for one in holds]


def hold_answer(one: Hold, names: Names) -> Answer:
    found = whose(one.session, names)
    return {
        "org": found.org,
        "account": found.account or None,
        "session": found.session or None,
        "repository": found.repository or None,
        "reason": one.reason,
        "placed": written(one.placed),
    }


CALLS = (
    Call("GET", ALL, listed, RecordFilter),
    Call("GET", f"{ALL}/stats", stats),
    Call("POST", f"{ALL}/export", exported, Export, gives=LINES),
    Call("POST", f"{ALL}/delete", deleted, Named),
    Call("POST", f"{ALL}/hold", held, Reasoned),
    Call("POST", f"{ALL}/release", released, Reasoned),
    Call("GET", f"{ALL}/{{id}}", shown),
    Call("GET", f"{ALL}/{{id}}/body", body, gives=BYTES),
    Call("GET", "/api/admin/holds", holds),
    Call("GET", RECEIPTS, receipts),
    Call("POST", f"{RECEIPTS}/check", checked, ReceiptGiven),
)
