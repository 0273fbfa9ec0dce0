"""Proof of erasure: markers through every kind of record, and then every byte of every file."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.errors import GoneError
from carnet.model.record import HOLD, KINDS, Draft, Form, Kept
from carnet.records import rotating
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.holding import hold, release
from carnet.records.receipts import receipt_faults
from carnet.records.surveying import partitions
from tests.journeys.raw import containing, copied, in_the_clear, keys_left, opens, reader
from tests.records.kept import ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.raw import Copied

FLOWS = {
    "exchange": "inference",
    "metric": "metrics",
    "error": "errors",
    "feedback": "feedback",
    "rating": "survey",
    "transcript": "transcript-share",
    "session-event": "cloud-session",
    "sighting": "domain-check",
}
DOOMED, SPARED = "Sitzung-Zimtstern", "Sitzung-Pfeffernuss"
OTHERS = ((SPARED, PAT), ("Sitzung-Makrone", QUINN))
REPOSITORY = "git.test/Lebkuchenhaus"


def marker(session: str, kind: str, form: Form) -> str:
    return f"Geheimnis-{session}-{kind}-{form.name}"


def drafts(session: str, account: str, repository: str = "") -> dict[str, Draft]:
    """A draft of every kind in every form, by its marker."""
    made = {}
    for kind, flow in FLOWS.items():
        for form in Form:
            word = marker(session, kind, form)
            body = {
                Form.TEXT: word.encode() * 3,
                Form.JSON: json.dumps({"said": [word, word]}).encode(),
                Form.BYTES: b"\0\xff" + word.encode(),
            }[form]
            given = "" if kind == "rating" else session
            made[word] = Draft(account, given, kind, flow, body, form, "anthropic", repository)
    return made


@pytest.fixture
def markers(shelf: Shelf, data: Path) -> dict[str, str]:
    """The markers of everything that was put, each with its record's id; never in the clear while it is put."""
    assert set(FLOWS) == set(KINDS)
    found: dict[str, str] = {}
    for session, account in ((DOOMED, PAT), *OTHERS):
        made = drafts(session, account, REPOSITORY if session == DOOMED else "")
        answers = [*shelf.put(*list(made.values())[:10]), *shelf.later(minutes=1).put(*list(made.values())[10:])]
        for word, answer in zip(made, answers, strict=True):
            assert isinstance(answer, Kept), answer
            found[word] = answer.id
        assert in_the_clear(data, made) == []
    return found


def doomed(shelf: Shelf) -> set[str]:
    """Ids of what is of the session that is to be erased."""
    return shelf.ids(session=DOOMED)


def nothing(_shelf: Shelf) -> None:
    pass


def packed(shelf: Shelf) -> None:
    assert shelf.later(hours=1).keep().packed > 0


def held(shelf: Shelf) -> None:
    hold(shelf.store, shelf.keyring, shelf.sessions(DOOMED), "a matter", shelf.now)


def held_and_released(shelf: Shelf) -> None:
    held(shelf)
    assert HOLD in {one.name for one in partitions(shelf.store)}
    shelf.later(hours=1).keep()
    release(shelf.store, shelf.keyring, shelf.sessions(DOOMED), "settled", shelf.now)


def withdrawn(shelf: Shelf) -> None:
    assert shelf.consent(PAT, "off") > 0


def packed_moved_packed(shelf: Shelf) -> None:
    packed(shelf)
    withdrawn(shelf)
    packed(shelf)


def sealed_anew(shelf: Shelf) -> None:
    """A chunk goes, and those that rested on it are sealed anew."""
    for turn in range(3):
        shelf.later(minutes=1).kept(marker(DOOMED, "exchange", Form.TEXT) * 9 + str(turn), PAT, DOOMED)
    shelf.now += timedelta(days=30) - timedelta(minutes=2, seconds=30)
    assert shelf.keep().ended.records > 0


def rotated(shelf: Shelf) -> None:
    shelf.keyring.rotate_root()
    work = rotating.begin(shelf.store, shelf.keyring, shelf.organisation("people").id, shelf.now)
    assert rotating.rotate(shelf.store, shelf.keyring, work, shelf.now) > 0


BEFORE: dict[str, Callable[[Shelf], None]] = {
    "loose": nothing,
    "packed": packed,
    "held and released": held_and_released,
    "moved by a withdrawal": withdrawn,
    "packed, moved and packed again": packed_moved_packed,
    "sealed anew": sealed_anew,
    "under other keys": rotated,
}


@pytest.mark.parametrize("before", BEFORE)
def test_after_a_deletion_there_is_no_key_no_row_and_nothing_that_opens(
    shelf: Shelf, data: Path, markers: dict[str, str], before: str
) -> None:
    BEFORE[before](shelf)
    assert in_the_clear(data, markers) == []
    was, sessions = doomed(shelf), shelf.sessions(DOOMED)
    copy = copied(shelf, sessions)
    assert containing(data, DOOMED.encode()), "before, its row says what it is called"
    with reader(data):
        receipt = shelf.erase(session=DOOMED)
        assert receipt_faults(receipt.answer) == []
        assert in_the_clear(data, markers) == []
        _unopenable(shelf, data, copy)
    shelf.keep()
    _unopenable(shelf, data, copy)
    _vanished(data, copy, DOOMED.encode())
    for one in was:
        with pytest.raises(GoneError):
            shelf.shown(one)
    assert in_the_clear(data, markers) == []
    assert _readable(shelf, markers) == {one for one in shelf.ids() if one in set(markers.values())}
    assert shelf.faults() == []


def test_without_a_reader_nothing_is_left_when_the_receipt_is_there(
    shelf: Shelf, data: Path, markers: dict[str, str]
) -> None:
    packed(shelf)
    shelf.kept(marker(DOOMED, "exchange", Form.TEXT), PAT, DOOMED, repository=REPOSITORY)
    copy = copied(shelf, shelf.sessions(DOOMED))
    shelf.erase(session=DOOMED)
    _unopenable(shelf, data, copy)
    _vanished(data, copy, REPOSITORY.encode())
    assert in_the_clear(data, markers) == []


def test_a_held_session_is_never_in_the_clear_and_goes_at_its_release(
    shelf: Shelf, data: Path, markers: dict[str, str]
) -> None:
    held(shelf)
    sessions = shelf.sessions(DOOMED)
    copy = copied(shelf, sessions)
    assert shelf.erase(session=DOOMED).queued
    assert in_the_clear(data, markers) == []
    with reader(data):
        release(shelf.store, shelf.keyring, sessions, "settled", shelf.now)
        shelf.keep()
        _unopenable(shelf, data, copy)
    shelf.keep()
    _vanished(data, copy, REPOSITORY.encode())


def _account(shelf: Shelf) -> None:
    shelf.erase(account=PAT)


def _account_itself(shelf: Shelf) -> None:
    delete_account(shelf.store, shelf.keyring, shelf.account(PAT), lambda: shelf.now)


def _organisation(shelf: Shelf) -> None:
    shelf.erase(org="people")


def _organisation_itself(shelf: Shelf) -> None:
    delete_organisation(shelf.store, shelf.keyring, shelf.organisation("people"), lambda: shelf.now)


def _repository(shelf: Shelf) -> None:
    shelf.erase(repository=REPOSITORY)


def _expiry(shelf: Shelf) -> None:
    shelf.later(days=365 * 6).keep()


@pytest.mark.parametrize(
    "erasing", [_account, _account_itself, _organisation, _organisation_itself, _repository, _expiry]
)
def test_so_it_is_by_account_organisation_repository_and_expiry(
    shelf: Shelf, data: Path, markers: dict[str, str], erasing: Callable[[Shelf], None]
) -> None:
    shelf.later(hours=1).keep()
    sessions = shelf.sessions(DOOMED)
    copy = copied(shelf, sessions)
    kept = shelf.later(hours=1).kept("of another organisation", ANN)
    with reader(data):
        erasing(shelf)
        _unopenable(shelf, data, copy)
    shelf.keep()
    _unopenable(shelf, data, copy)
    _vanished(data, copy, REPOSITORY.encode())
    assert in_the_clear(data, markers) == []
    if erasing is not _expiry:
        assert shelf.shown(kept) == b"of another organisation"
    if erasing in {_account_itself, _organisation_itself}:
        assert containing(data, PAT.encode()) == []
    assert shelf.faults() == []


def test_a_rating_leads_to_nobody(shelf: Shelf, data: Path) -> None:
    draft = drafts(DOOMED, PAT)[marker(DOOMED, "rating", Form.TEXT)]
    (answer,) = shelf.put(draft)
    assert isinstance(answer, Kept)
    (one,) = shelf.everything()
    assert (one.session.account, one.session.name, one.session.repository) == (0, "", "")
    assert one.created == shelf.now.replace(hour=0, minute=0)
    assert containing(data, DOOMED.encode()) == []


def test_nothing_is_written_for_who_wants_nothing_kept(shelf: Shelf, data: Path) -> None:
    shelf.change("acme", {"zdr": True})
    shelf.keep()
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    made = drafts(DOOMED, ANN)
    assert not [answer for answer in shelf.put(*made.values()) if isinstance(answer, Kept)]
    after = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert {path.name for path in after.keys() ^ before.keys()} == set()
    assert [path.name for path in after if after[path] != before[path] and path.suffix != ".db-shm"] == []


def _unopenable(shelf: Shelf, data: Path, copy: Copied) -> None:
    """The wrapped keys are in no file, and no key that can be had opens what was copied."""
    for form in copy.wrapped:
        assert containing(data, form) == []
    left = keys_left(shelf.store, copy.uids)
    assert not [one for one in copy.sealed if opens(one, left)]


def _vanished(data: Path, copy: Copied, name: bytes) -> None:
    """No byte of its rows is left: neither its name, nor the uids of its keys, nor what was sealed."""
    for path in [path for path in data.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        assert name not in content, path
        assert not [uid for uid in copy.uids if uid in content], path
        assert not [one for one in copy.sealed if one.data[:32] in content], path


def _readable(shelf: Shelf, markers: dict[str, str]) -> set[str]:
    """What can still be shown, each with its own words in it."""
    found = set()
    for word, one in markers.items():
        try:
            body = shelf.shown(one)
        except GoneError:
            continue
        assert word.encode() in body
        found.add(one)
    return found
