"""Rows that decide held against the log, which committed to every act that made them so.

What takes a safeguard away is logged before it is done, what adds one after: no crash leaves the log saying that
something is protected which is not. A row that says so was changed by somebody else.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from carnet.model.record import Session
from carnet.records.chronicle import commitment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from carnet.stores.records_contract import RecordStore

WHOSE = "whose"
"""In an entry's details: the organisation and the account (0: none) it is about."""
LOOSE = {"zdr": "off", "dpp": "on", "product-feedback": "on", "consent": "on"}
"""Event -> the value that takes a safeguard away."""
_AT_ONCE = 1000


def loosens(event: str, value: str) -> bool:
    """Whether an act takes a safeguard away: it is logged first, then done."""
    return LOOSE.get(event) == value


def contradictions(store: RecordStore) -> Iterator[str]:
    """What the log and the rows of the catalogue say differently, of holds, switches and consents."""
    last: dict[tuple[object, ...], Mapping[str, object]] = {}
    for index, opening, entry in _opened(store):
        if not _commits(entry, opening):
            yield f"entry {index}: what is known of it is not what it committed to"
            continue
        details = opening.get("details")
        if isinstance(details, dict) and WHOSE in details:
            last[_subject(str(opening["event"]), details)] = opening
    yield from _unheld(store, last.values())
    yield from _loosened(store, last.values())


def _opened(store: RecordStore) -> Iterator[tuple[int, Mapping[str, object], bytes]]:
    """Entries that still have an opening, oldest first."""
    openings = reversed(store.catalogue.openings(store.catalogue.size()))
    while some := list(islice(openings, _AT_ONCE)):
        first = some[0][0]
        entries = store.catalogue.entries(first, some[-1][0] + 1)
        yield from ((index, opening, entries[index - first]) for index, opening in some)


def _commits(entry: bytes, opening: Mapping[str, object]) -> bool:
    told = json.loads(entry)
    if (told["event"], told["at"]) != (opening.get("event"), opening.get("at")):
        return False
    details = opening.get("details")  # of an erasure only its asker has the salt
    return not isinstance(details, dict) or told["commitment"] == commitment(str(opening.get("salt")), details)


def _subject(event: str, details: Mapping[str, object]) -> tuple[object, ...]:
    """What an act is about: a later one of the same takes its place."""
    whose = details[WHOSE]
    owner = tuple(whose) if isinstance(whose, list) else ()
    if event in {"hold", "release"}:
        return "hold", *owner, details.get("session"), details.get("repository")
    return event, *owner


def _unheld(store: RecordStore, last: Iterable[Mapping[str, object]]) -> Iterator[str]:
    standing = {one.session for one in store.catalogue.holds()}
    for opening in last:
        details = opening["details"]
        if opening["event"] == "hold" and isinstance(details, dict):
            organisation, account = details[WHOSE]
            session = Session(organisation, account, str(details["session"]), str(details["repository"]))
            if session not in standing:
                yield f"session {session.name!r} is held by the log, and by no row: a hold was taken away"


def _loosened(store: RecordStore, last: Iterable[Mapping[str, object]]) -> Iterator[str]:
    organisations = {one.id: one for one in store.directory.organisations()}
    accounts = {one.id: one for one in store.directory.accounts()}
    for opening in last:
        event, details = str(opening["event"]), opening["details"]
        if event not in LOOSE or not isinstance(details, dict):
            continue
        organisation, account = details[WHOSE]
        whose = accounts.get(account) if event == "consent" else organisations.get(organisation)
        said = str(details.get("value", details.get("model-improvement")))
        if whose is not None and not loosens(event, said):
            row = "on" if getattr(whose, event.replace("-", "_")) else "off"
            if loosens(event, row):
                name = getattr(whose, "email", None) or getattr(whose, "name", "")
                yield f"{name}: {event} is {said} by the log, and {row} by its row"
