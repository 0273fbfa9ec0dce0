"""What is kept already, decided again: it may only end sooner."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.model.record import HOLD, Scope
from carnet.records import holding, moving, reclassifying
from carnet.records.changing import change_consent, change_organisation
from carnet.records.exporting import training
from carnet.records.holding import hold
from carnet.records.surveying import Unread, partitions
from carnet.records.verifying import faults
from tests.records.kept import ACME, ANN, PAT, QUINN

if TYPE_CHECKING:
    from tests.records.kept import Shelf

DAYS30 = timedelta(days=30)


def again(shelf: Shelf, scope: Scope) -> int:
    work = reclassifying.begin(shelf.store, scope, shelf.now)
    return reclassifying.reclassify(shelf.store, shelf.keyring, work, shelf.now)


@pytest.fixture(autouse=True, params=[None, 1], ids=["at once", "one by one"])
def portion(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(reclassifying, "AT_ONCE", request.param)
        monkeypatch.setattr(moving, "_BYTES", request.param)


def test_without_consent_thirty_days_from_creation_are_left(shelf: Shelf) -> None:
    old, young = shelf.kept("old", PAT, "s1"), shelf.later(days=40).kept("young", PAT, "s2")
    assert shelf.consent(PAT, "off") == 2
    ends = {one.id: one.expires - one.created for one in shelf.everything()}
    assert ends == {old: DAYS30, young: DAYS30}
    assert shelf.shown(young) == b"young"
    shelf.keep()
    assert shelf.ids() == {young}
    assert shelf.faults() == []


def test_feedback_keeps_its_own_period_but_may_not_train_any_more(shelf: Shelf) -> None:
    kept = shelf.kept("feedback", PAT, kind="feedback", flow="feedback")
    before = {one.id: one.expires for one in shelf.everything()}
    assert shelf.consent(PAT, "off") == 1
    (one,) = shelf.everything()
    assert (one.id, one.expires, one.lane.training) == (kept, before[kept], False)
    assert shelf.shown(kept) == b"feedback"
    assert shelf.faults() == []


def test_what_lies_with_it_in_an_object_stays_readable(shelf: Shelf) -> None:
    ids = [shelf.kept("fed back " * 40, PAT, kind="feedback", flow="feedback")]
    ids += [shelf.later(minutes=1).kept("fed back " * 40 + "more", PAT, kind="feedback", flow="feedback")]
    ids += [shelf.kept("words " * 40, PAT)]
    other = shelf.later(hours=1).keep().packed and shelf.kept("fed back later", PAT, kind="feedback", flow="feedback")
    had = {one.partition for one in shelf.everything()}
    assert shelf.consent(PAT, "off") == 4
    assert {one.id for one in shelf.everything() if one.partition in had} == {ids[0], ids[1], other}
    assert list(shelf.store.objects.names("bodies")) == []
    assert [shelf.shown(one)[:4] for one in (*ids, str(other))] == [b"fed ", b"fed ", b"word", b"fed "]
    assert shelf.faults() == []
    assert shelf.later(hours=1).keep().packed == 2
    assert shelf.faults() == []


def test_what_cannot_be_opened_is_decided_when_it_can_be(shelf: Shelf) -> None:
    kept, fed = shelf.kept("words", PAT), shelf.kept("fed back", PAT, kind="feedback", flow="feedback")
    shelf.later(hours=1).keep()
    (name,) = shelf.store.objects.names("bodies")
    whole = shelf.store.objects.get(name)
    shelf.store.objects.delete([name])
    unread = list[Unread]()
    change_consent(shelf.store, shelf.keyring, shelf.account(PAT), "off", shelf.now, unread)
    assert "2 chunks of it cannot be opened" in str(unread[0].why)
    ends = {one.id: one.expires - one.created for one in shelf.everything()}
    assert ends[kept] == DAYS30, "it ends in time all the same"
    shelf.consent(PAT, "on")
    shelf.store.objects.put(name, whole)
    assert _exported(shelf) == [], "nothing comes back"
    shelf.keep()
    assert _exported(shelf) == []
    assert {one.lane.training for one in shelf.everything()} == {False}
    assert (shelf.shown(kept), shelf.shown(fed)) == (b"words", b"fed back")
    assert (shelf.store.catalogue.works(), shelf.faults()) == ([], [])


def test_what_cannot_be_opened_keeps_back_nothing_of_others(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    shelf.kept("lost")
    shelf.later(hours=1).keep()
    shelf.store.objects.delete(list(shelf.store.objects.names("bodies")))
    unread = list[Unread]()
    acme = shelf.organisation(ACME)
    change_organisation(shelf.store, shelf.keyring, acme, {}, {"inference": "days7"}, shelf.now, unread=unread)
    assert len(unread) == 1
    shelf.later(days=1).kept("of another day")
    assert _exported(shelf) == ["of another day"]
    shelf.later(days=7).keep()
    assert (shelf.everything(), shelf.keep().unread, shelf.store.catalogue.works()) == ([], (), [])


def test_consent_that_is_given_again_lengthens_nothing_and_makes_nothing_eligible(shelf: Shelf) -> None:
    shelf.kept("words", PAT)
    shelf.consent(PAT, "off")
    assert shelf.consent(PAT, "on") == 0
    (one,) = shelf.everything()
    assert (one.expires - one.created, one.lane.training) == (DAYS30, False)
    assert len(list(training(shelf.store, shelf.keyring, shelf.now))) == 1, "the manifest alone"


def test_what_was_kept_without_consent_does_not_become_longer_by_it(shelf: Shelf) -> None:
    shelf.kept("words", QUINN)
    assert shelf.consent(QUINN, "on") == 0
    (one,) = shelf.everything()
    assert (one.expires - one.created, one.lane.training) == (DAYS30, False)


def test_nobody_elses_records_are_touched(shelf: Shelf) -> None:
    shelf.kept("pat's", PAT)
    quinns = shelf.kept("quinn's", QUINN)
    before = {one.id: one for one in shelf.everything()}
    shelf.consent(PAT, "off")
    assert {one.id: one for one in shelf.everything()}[quinns] == before[quinns]


def test_an_organisation_shortens_what_it_has(shelf: Shelf) -> None:
    shelf.kept("words")
    shelf.kept("a metric", kind="metric", flow="metrics")
    assert shelf.change(ACME, {}, {"inference": "days7"}) == 1
    assert {one.lane.kind: one.lane.retention for one in shelf.everything()}["exchange"] == "days7"
    assert shelf.change(ACME, {}, {"inference": ""}) == 0, "taken back, it lengthens nothing"
    ends = {one.lane.kind: one.expires - one.created for one in shelf.everything()}
    assert ends["exchange"] == timedelta(days=7)
    (rules,) = {one.lane.rules for one in shelf.everything() if one.lane.kind == "exchange"}
    assert "organisation.keep" in rules
    assert shelf.faults() == []


def test_ratings_that_rest_on_each_other_end_sooner_in_whatever_order_they_lie(shelf: Shelf) -> None:
    words = "it was a good session, with the same words as ever. " * 20
    ids = [shelf.kept(f"{words}{number}", kind="rating", flow="survey") for number in range(24)]
    before = [one for part in partitions(shelf.store) for one in shelf.store.partition(part.name).chunks(Scope())]
    places = {one.uid: place for place, one in enumerate(before)}
    assert any(one.base and places[one.base] > places[one.uid] for one in before), "nobody's lie in no order"
    assert shelf.change(ACME, {}, {"survey": "days7"}) == 24
    assert {one.lane.retention for one in shelf.everything()} == {"days7"}
    assert list(faults(shelf.store, shelf.keyring)) == []
    assert [shelf.shown(one) for one in ids] == [f"{words}{number}".encode() for number in range(24)]


def test_an_organisation_that_leaves_the_partner_programme_trains_nothing_more(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    shelf.kept("words")
    assert _exported(shelf) == ["words"]
    assert shelf.change(ACME, {"dpp": False}) == 1
    assert _exported(shelf) == []
    shelf.change(ACME, {"dpp": True})
    assert _exported(shelf) == []


def _exported(shelf: Shelf) -> list[str]:
    rows = [json.loads(line) for line in training(shelf.store, shelf.keyring, shelf.now)]
    return [row["body"] for row in rows if "body" in row]


def test_what_would_not_be_kept_today_ends_when_it_was_to_end(shelf: Shelf) -> None:
    kept = shelf.kept("words")
    before = {one.id: one.expires for one in shelf.everything()}
    shelf.change(ACME, {"zdr": True})
    assert {one.id: one.expires for one in shelf.everything()} == before
    assert shelf.shown(kept) == b"words"


def test_what_is_held_stays_held_and_its_end_comes_nearer(shelf: Shelf) -> None:
    shelf.kept("words", PAT)
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "a matter", shelf.now)
    assert shelf.consent(PAT, "off") == 1
    (one,) = shelf.everything()
    assert (one.partition, one.expires - one.created) == (HOLD, DAYS30)


def test_a_hold_that_was_cut_short_is_not_undone_by_it(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = shelf.kept("held", PAT)
    shelf.later(days=100)
    with monkeypatch.context() as patch:
        patch.setattr(holding, "write", _stop)
        with pytest.raises(KeyboardInterrupt):
            hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "a matter", shelf.now)
    shelf.consent(PAT, "off")
    shelf.keep()
    assert shelf.shown(kept) == b"held"


def _stop(*_args: object) -> None:
    raise KeyboardInterrupt


def test_bodies_that_rest_on_each_other_move_together(shelf: Shelf) -> None:
    ids = [shelf.later(days=turn).kept("the same words " * 30 + str(turn), PAT) for turn in range(3)]
    assert shelf.consent(PAT, "off") == 3
    assert len({one.partition for one in shelf.everything()}) == 3
    assert [shelf.shown(one)[-1:] for one in ids] == [b"0", b"1", b"2"]
    assert shelf.faults() == []


def test_it_is_safe_to_repeat(shelf: Shelf) -> None:
    shelf.kept("words", PAT)
    shelf.consent(PAT, "off")
    before = shelf.everything()
    assert again(shelf, Scope(account=shelf.account(PAT).id)) == 0
    assert again(shelf, Scope(shelf.organisation(ACME).id)) == 0
    assert shelf.everything() == before
    assert shelf.store.catalogue.works() == []


def test_records_of_an_organisation_nobody_knows_stay_as_they_are(shelf: Shelf) -> None:
    shelf.kept("words", ANN)
    before = shelf.everything()
    shelf.store.directory.remove_organisation(shelf.organisation(ACME).id)
    assert again(shelf, Scope(before[0].session.organisation)) == 0
    assert shelf.everything() == before
