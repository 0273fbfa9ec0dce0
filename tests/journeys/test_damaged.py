"""One partition's file is damaged: what else there is goes on, what is promised of it is kept once it is repaired."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from carnet.errors import GoneError, UnreadError
from carnet.model.record import Draft, Scope
from carnet.records import holding, rotating
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.exporting import subject, training
from carnet.records.keeping import resume
from carnet.records.reading import listing
from carnet.records.receipts import receipt_faults
from carnet.records.scoping import one_owner, sessions_of
from carnet.records.spool import Spool
from carnet.records.surveying import Unread
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS30, YEARS5 = "days30-2026-05-01", "years5-2031-04"


@pytest.fixture
def folder(data: Path) -> Path:
    return data / "records"


@contextmanager
def damaged(shelf: Shelf, data: Path, name: str) -> Iterator[Shelf]:
    """The store as another process finds it with a file in ruins; afterwards the file is what it was."""
    shelf.store.close()
    file = data / "records" / f"part-{name}.db"
    content = file.read_bytes()
    file.write_bytes(content[:4096] + bytes(len(content) - 4096))
    with closing(EmbeddedRecords(data)) as store:
        yield Shelf(store, shelf.now)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    file.write_bytes(content)


@contextmanager
def repaired(shelf: Shelf, data: Path) -> Iterator[Shelf]:
    with closing(EmbeddedRecords(data)) as store:
        yield Shelf(store, shelf.now)


def two_places(shelf: Shelf, account: str = PAT, session: str = "s1") -> tuple[str, str]:
    """A record of someone for five years, and a metric for thirty days."""
    return (
        shelf.kept("words", account, session),
        shelf.kept("a metric", account, session, kind="metric", flow="metrics"),
    )


def test_what_can_be_read_is_told_and_the_rest_is_named(shelf: Shelf, data: Path) -> None:
    years, days = two_places(shelf)
    with damaged(shelf, data, DAYS30) as lame:
        unread = list[Unread]()
        assert [one.id for one in listing(lame.store, Scope(), "", unread)] == [years]
        assert [one.name for one in unread] == [DAYS30]
        assert f"part-{DAYS30}.db is damaged" in str(unread[0].why)
        assert lame.shown(years) == b"words"
        with pytest.raises(UnreadError, match=f"part-{DAYS30}.db is damaged"):
            lame.shown(days)
    with repaired(shelf, data) as whole:
        assert whole.shown(days) == b"a metric"


def test_an_export_names_what_it_lacks(shelf: Shelf, data: Path) -> None:
    two_places(shelf)
    with damaged(shelf, data, DAYS30) as lame:
        unread = list[Unread]()
        lines = list(subject(lame.store, lame.keyring, lame.account(PAT), lame.now, unread))
        assert json.loads(lines[-1])["manifest"]["unread"] == [DAYS30]
        assert [one.name for one in unread] == [DAYS30]
        assert sum(b'"words"' in line for line in lines) == 1
        lines = list(training(lame.store, lame.keyring, lame.now, "", []))
        assert json.loads(lines[-1])["manifest"]["unread"] == [DAYS30]


def test_expiry_goes_on_beside_it(shelf: Shelf, data: Path) -> None:
    shelf.kept("ann's")
    shelf.later(days=1).kept("ends", session="s2")
    shelf.later(days=31)
    with damaged(shelf, data, DAYS30) as lame:
        holding.hold(lame.store, lame.keyring, [], "nothing", lame.now)
        done = lame.keep()
        assert set(done.ended.partitions) == {DAYS30, "days30-2026-05-02"}, "even what cannot be read ends whole"
        assert done.unread == ()


def test_single_records_end_beside_it(shelf: Shelf, data: Path) -> None:
    shelf.kept("ann's", at=shelf.now)
    shelf.later(days=1)
    gone = shelf.kept("ends", session="s2")
    shelf.later(days=29, hours=20)
    with damaged(shelf, data, "days30-2026-05-02") as lame:
        done = lame.keep()
        assert [one.name for one in done.unread] == ["days30-2026-05-02"] * len(done.unread)
        assert done.unread
        assert DAYS30 in done.ended.partitions
    with repaired(shelf, data) as whole:
        assert whole.ids() == {gone}


def test_a_deletion_destroys_what_it_reaches_says_what_not_and_ends_with_the_repair(shelf: Shelf, data: Path) -> None:
    years, days = two_places(shelf)
    other = shelf.kept("quinn's", QUINN)
    with damaged(shelf, data, DAYS30) as lame:
        receipt = lame.erase(account=PAT)
        assert (receipt.queued, receipt.answer["unread"], receipt.answer["records"]) == (True, [DAYS30], 1)
        assert receipt.answer["keys_destroyed"]
        assert [one.name for one in receipt.unread] == [DAYS30]
        with pytest.raises(UnreadError):
            lame.shown(years)  # gone, or in what cannot be read: nobody can tell
        assert lame.store.keys.used(YEARS5) == []
        assert lame.keep().receipts == ()
        new = lame.later(hours=1).kept("afterwards", PAT, "s9")
        lame.keep()
        assert lame.shown(new) == b"afterwards", "what comes after a deletion is no part of it"
        shelf.now = lame.now
    with repaired(shelf, data) as whole:
        (done,) = whole.keep().receipts
        assert (done.answer["state"], done.answer["records"]) == ("done", 2)
        assert receipt_faults(done.answer) == []
        assert whole.ids() == {new, other}
        with pytest.raises(GoneError):
            whole.shown(days)
        assert whole.faults() == []


def test_what_is_held_there_waits_for_its_release_even_so(shelf: Shelf, data: Path) -> None:
    years, days = two_places(shelf)
    with damaged(shelf, data, DAYS30) as lame:
        with pytest.raises(UnreadError, match="the hold stands"):
            holding.hold(lame.store, lame.keyring, one_owner(lame.store, Scope(session="s1"), [])[1], "court", lame.now)
        assert (lame.erase(account=PAT).answer["held"], lame.shown(years)) == (1, b"words")
    with repaired(shelf, data) as whole:
        assert whole.keep().receipts == ()
        assert whole.ids() == {years, days}
        holding.release(whole.store, whole.keyring, whole.sessions("s1"), "over", whole.now)
        (done,) = resume(whole.store, whole.keyring, whole.now)
        assert done.answer["records"] == 2
        assert whole.everything() == []


def test_a_whole_organisation_opens_no_more_though_not_all_of_it_can_be_read(shelf: Shelf, data: Path) -> None:
    _, days = two_places(shelf)
    ann = shelf.kept("ann's", ANN, at=shelf.now)
    with damaged(shelf, data, DAYS30) as lame:
        receipt = delete_organisation(lame.store, lame.keyring, lame.organisation("people"), lambda: lame.now)
        assert (receipt.queued, receipt.answer["unread"]) == (True, [DAYS30])
        lame.keyring.rotate_root()
    with repaired(shelf, data) as whole:
        with pytest.raises(Exception, match="does not open"):
            whole.shown(days)
        assert whole.shown(ann) == b"ann's"
        (done,) = whole.keep().receipts
        assert done.answer["records"] == 2
        assert [one.name for one in whole.store.directory.organisations()] == [ACME]
        assert whole.ids() == {ann}
        assert whole.faults() == []


def test_an_account_whose_deletion_is_not_complete_stays_closed(shelf: Shelf, data: Path) -> None:
    two_places(shelf)
    with damaged(shelf, data, DAYS30) as lame:
        assert delete_account(lame.store, lame.keyring, lame.account(PAT), lambda: lame.now).queued
        assert lame.account(PAT).closed
    with repaired(shelf, data) as whole:
        assert len(whole.keep().receipts) == 1
        assert whole.store.directory.account(PAT) is None


def test_a_consent_is_withdrawn_and_given_again_brings_nothing_back(shelf: Shelf, data: Path) -> None:
    kept = shelf.kept("words", PAT)
    shelf.later(days=400)
    recent = shelf.kept("more words", PAT)
    with damaged(shelf, data, YEARS5) as lame:
        with pytest.raises(Exception, match="damaged"):
            lame.consent(PAT, "off")
        assert not lame.account(PAT).consent
        with pytest.raises(Exception, match="damaged"):
            lame.consent(PAT, "on")
        assert lame.account(PAT).consent
    with repaired(shelf, data) as whole:
        lines = [json.loads(line) for line in training(whole.store, whole.keyring, whole.now)]
        assert [line["id"] for line in lines[:-1]] == [], "before anybody came by, too"
        whole.keep()
        assert whole.store.catalogue.works() == []
        assert kept not in whole.ids(), "thirty days from its creation have passed"
        assert {(one.id, one.lane.retention, one.lane.training) for one in whole.everything()} == {
            (recent, "days30", False)
        }


def test_a_rotation_waits_and_the_older_key_stays_until_then(shelf: Shelf, data: Path) -> None:
    years, days = two_places(shelf)
    organisation = shelf.organisation("people").id
    with damaged(shelf, data, DAYS30) as lame:
        work = rotating.begin(lame.store, lame.keyring, organisation, lame.now)
        with pytest.raises(UnreadError, match="the old one stays"):
            rotating.rotate(lame.store, lame.keyring, work, lame.now)
        assert lame.shown(years) == b"words"
        assert len(lame.store.catalogue.org_keys()) == 2
    with repaired(shelf, data) as whole:
        whole.keep()
        assert [epoch for _, epoch in whole.store.catalogue.org_keys()] == [2]
        assert (whole.shown(years), whole.shown(days)) == (b"words", b"a metric")


def test_a_session_is_nobodys_to_touch_where_only_ruins_may_know_it(shelf: Shelf, data: Path) -> None:
    shelf.kept("a metric", PAT, "s1", kind="metric", flow="metrics")
    shelf.kept("words", PAT, "s2")
    with damaged(shelf, data, DAYS30) as lame:
        with pytest.raises(UnreadError, match="say it with --account"):
            one_owner(lame.store, Scope(session="s1"), [])
        mine = Scope(lame.account(PAT).organisation, lame.account(PAT).id, "s1")
        assert one_owner(lame.store, mine, []) == (mine, [])
        unread = list[Unread]()
        assert [one.name for one in sessions_of(lame.store, Scope(), unread)] == ["s2"]
        assert [one.name for one in unread] == [DAYS30]


def test_what_waits_in_the_spool_is_not_forgotten_by_a_deletion(shelf: Shelf, data: Path) -> None:
    two_places(shelf)
    spool = Spool(shelf.store.spool, shelf.keyring.spool_key())
    metric = Draft(PAT, "s7", "metric", "metrics", b"waits", at=shelf.now)
    spool.add([metric], 1)
    with damaged(shelf, data, DAYS30) as lame:
        receipt = lame.erase(account=PAT)
        assert receipt.answer["unread"] == [DAYS30, "spool"]
    with repaired(shelf, data) as whole:
        (done,) = whole.keep().receipts
        assert done.answer["records"] == 3, "with what had waited"
        assert whole.everything() == []


def test_what_belongs_to_it_is_not_swept_away(shelf: Shelf, data: Path) -> None:
    _, days = two_places(shelf)
    shelf.later(hours=1).keep()
    before = (shelf.store.keys.used(DAYS30), sorted(shelf.store.objects.names(f"bodies/{DAYS30}")))
    with damaged(shelf, data, DAYS30) as lame:
        lame.keep()
        assert (lame.store.keys.used(DAYS30), sorted(lame.store.objects.names(f"bodies/{DAYS30}"))) == before
    with repaired(shelf, data) as whole:
        assert whole.shown(days) == b"a metric"
