"""Calls of an account's holder, about their own account: whose it is comes from the key alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.records.changing import change_consent
from carnet.web.calls.call import Call
from carnet.web.calls.records import BYTES, LINES, bytes_of, lines_of, page_of
from carnet.web.calls.shapes import ConsentChange, OwnRecords, OwnSession
from carnet.web.holders import caller_of
from carnet.web.own import delete_own, export_own, own_account, own_body, own_record, scope_of_own
from carnet.web.person import person_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing

MINE = "/api/mine"
RECORDS = MINE + "/records"


def mine(asking: Asking, given: Nothing) -> Answer:
    """What is kept about me and until when, by class and by session, and the history of my consent."""
    del given
    return person_of(asking.records.store, own_account(asking.records, caller_of(asking.request)), asking.unread).whole


def consented(asking: Asking, given: ConsentChange) -> Answer:
    """Say whether models may be improved with my data. Off takes effect at once; on changes nothing kept.

    `ends_sooner` is the number of batches of records that do.
    """
    records = asking.records
    at = records.begin()
    caller = caller_of(asking.request)
    sooner = change_consent(
        records.store, records.keyring, own_account(records, caller), given.model_improvement, at, asking.unread
    )
    return {**person_of(records.store, own_account(records, caller), asking.unread).whole, "ends_sooner": sooner}


def listed(asking: Asking, given: OwnRecords) -> Answer:
    """List my records, newest first. `older` is what to give as `before` for the next page; null on the last."""
    scope = scope_of_own(caller_of(asking.request).account, given.session, given.repository)
    return page_of(asking, scope, given.kind, given.before, given.limit)


def shown(asking: Asking, given: Nothing) -> Answer:
    """Show what is known of a record of mine."""
    del given
    return own_record(asking.records, caller_of(asking.request), asking.part("id"))


def body(asking: Asking, given: Nothing) -> Response:
    """The body of a record of mine as it was put, byte for byte."""
    del given
    return bytes_of(own_body(asking.records, caller_of(asking.request), asking.part("id")))


def deleted(asking: Asking, given: OwnSession) -> Answer:
    """Erase a session of mine. The receipt is in the answer, and nowhere else. What is held goes when released."""
    return dict(delete_own(asking.records, caller_of(asking.request), given.session, given.repository).answer)


def exported(asking: Asking, given: Nothing) -> Response:
    """Everything there is about me, with the bodies of my records, as JSON lines; the last line is a manifest."""
    del given
    return lines_of(export_own(asking.records, caller_of(asking.request)))


CALLS = (
    Call("GET", MINE, mine),
    Call("PATCH", MINE, consented, ConsentChange),
    Call("GET", RECORDS, listed, OwnRecords),
    Call("GET", RECORDS + "/{id}", shown),
    Call("GET", RECORDS + "/{id}/body", body, gives=BYTES),
    Call("POST", MINE + "/delete", deleted, OwnSession),
    Call("POST", MINE + "/export", exported, gives=LINES),
)
