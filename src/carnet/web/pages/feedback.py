"""What people sent on purpose: an inbox without a word of it, and one report, opened by whoever asks for it by name.

Opening is a form, not a link: nobody opens a report by looking around, and the audit log has an entry of it before a
word is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from carnet.errors import GoneError
from carnet.gateway.intake.conversation import sent
from carnet.gateway.intake.issues import noted
from carnet.model.record import Scope
from carnet.records.answers import Names, record_answer
from carnet.records.reading import ID_DIGITS, find, read_out
from carnet.records.scoping import scope_of
from carnet.web.deciders import Deciders
from carnet.web.lacking import lacking
from carnet.web.newest import newest
from carnet.web.record_addresses import FEEDBACK, REPORT, SESSIONS, cursor, with_query
from carnet.web.record_rows import PAGE, Row, row_answer, whose
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.gateway.intake.conversation import Sent
    from carnet.model.record import Record
    from carnet.records.answers import Answer
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore
    from carnet.web.records import Records

SENT = {"feedback": "Feedback", "transcript-share": "Shared transcript"}
"""Flow -> what it is called. Nothing else is opened here, whatever id is asked for."""
KINDS = ("feedback", "transcript")
SCOPES = {"session": "this session", "24h": "24 hours of the project", "7d": "7 days of the project"}
BAR = 120
"""Width of the bar that says how much of its time has passed."""
LEAST = 3
_NAMED = "feedback "


@dataclass(frozen=True, slots=True)
class Letter:
    """A report as the inbox tells it."""

    row: Row
    title: str
    receipt: str
    href: str
    passed: int
    """Of BAR, how much of its time has passed."""
    held: bool
    issue: str | None
    """Where the public issue is that was made of it; empty where the tracker did not say; None: there is none."""


def feedback_page(request: Request) -> Response:
    """`/intake/feedback` and its JSON twin: no body is opened for either."""
    records, org = records_of(request), request.query_params.get("org", "").strip()
    before = cursor(request.query_params.get("before", ""))
    store, now, names = records.store, records.now(), Names(records.store)
    scope = scope_of(store, org=org) if org else Scope()
    found = _newest(store, scope, before, lacking(request))
    letters = _letters(records, names, found[:PAGE], now)
    older = with_query(FEEDBACK, org=org, before=found[PAGE - 1].id) if len(found) > PAGE else ""
    if asks_json(request):
        listed = [_letter_answer(one) for one in letters]
        return as_json(request, {"feedback": listed, "older": older or None})
    view = {
        "letters": letters,
        "older": older,
        "before": before,
        "org": org,
        "organisations": sorted((one.name for one in names.organisations.values()), key=str.casefold),
        "bar": BAR,
        "now": now,
    }
    return page(request, "feedback.html", view)


def report_page(request: Request) -> Response:
    """`/intake/feedback/report?record=ID`: whose it is and until when, and a form that opens it."""
    return _told(request, _letter(request, request.query_params.get("record", "")), None)


def open_report(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /intake/feedback/report`: the log gets an entry, then what was sent is shown."""
    records, letter = records_of(request), _letter(request, form.get("record", ""))
    at = records.begin()
    return _told(request, letter, sent(read_out(records.store, records.keyring, letter.row.record.id, "page", at).data))


def _told(request: Request, letter: Letter, opened: Sent | None) -> Response:
    if asks_json(request):
        return as_json(request, _letter_answer(letter))
    of = letter.row.whose
    fields = {"org": of.org, "account": of.account, "session": of.session, "repository": of.repository}
    view = {
        "letter": letter,
        "opened": opened,
        "scopes": SCOPES,
        "session": with_query(SESSIONS, **fields) if of.account and of.session else "",
        "bar": BAR,
        "now": records_of(request).now(),
    }
    return page(request, "report.html", view)


def _letter(request: Request, id_: str) -> Letter:
    """The report with an id. Raises GoneError for one that is gone, or is not something that a person sent."""
    records = records_of(request)
    _, record = find(records.store, id_[:ID_DIGITS])
    if not _was_sent(record):
        raise GoneError("this record is no feedback and no shared transcript: pages open nothing else")
    letters = _letters(records, Names(records.store), [record], records.now())
    if not letters:
        raise GoneError("this record is a note of the public issue made of a report, and holds nothing else")
    return letters[0]


def _was_sent(record: Record) -> bool:
    return record.lane.kind in KINDS and record.lane.flow in SENT


def _newest(store: RecordStore, scope: Scope, before: str, unread: list[Unread]) -> list[Record]:
    found = [one for kind in KINDS for one in islice(_sent_of(store, scope, kind, before, unread), PAGE + 1)]
    return sorted(found, key=lambda one: one.id, reverse=True)[: PAGE + 1]


def _sent_of(store: RecordStore, scope: Scope, kind: str, before: str, unread: list[Unread]) -> Iterator[Record]:
    """What people sent of a kind, newest first; among transcripts there may be others."""
    while found := newest(store, scope, kind, PAGE + 1, before, unread):
        yield from (one for one in found if _was_sent(one))
        before = found[-1].id


def _letters(records: Records, names: Names, found: list[Record], now: datetime) -> list[Letter]:
    """Without our own notes of the issues that were made, which lie beside the reports."""
    deciders, letters = Deciders(records.store, names, now), []
    for one in found:
        named = one.lane.flow == "feedback" and one.session.name.startswith(_NAMED)
        notes = noted(records.store, records.keyring, one.session, now) if named else []
        if all(one.id != note.record for note in notes):
            row = Row(one, record_answer(one, names), whose(one.session, names), deciders.of(one))
            letters.append(_as_letter(row, now, notes[-1].url if notes else None))
    return letters


def _letter_answer(letter: Letter) -> dict[str, object]:
    return {**row_answer(letter.row), "receipt": letter.receipt or None, "issue": letter.issue}


def _as_letter(row: Row, now: datetime, issue: str | None) -> Letter:
    record, name = row.record, row.record.session.name
    share = (now - record.created) / max(record.expires - record.created, record.created.resolution)
    return Letter(
        row=row,
        title=SENT[record.lane.flow],
        receipt=name.removeprefix(_NAMED) if name.startswith(_NAMED) else "",
        href=with_query(REPORT, record=record.id),
        passed=max(LEAST, round(BAR * min(1.0, share))),
        held=_held(row.answer),
        issue=issue,
    )


def _held(answer: Answer) -> bool:
    return answer["hold"] is not None
