from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from carnet.errors import CarnetError
from carnet.model.record import Refusal, Session
from carnet.records.clock import TOLERANCE
from carnet.records.deciding import Deciding
from carnet.records.grounding import Grounding, dated, session_of
from carnet.records.grouping import Ground
from carnet.records.holding import hold
from carnet.records.retention import HELD
from carnet.records.standing import Standing
from tests.records.kept import ACME, ANN, NOW, PAT, Shelf

if TYPE_CHECKING:
    from carnet.model.record import Draft
    from carnet.records.grounding import Grounded


def ground(shelf: Shelf, draft: Draft) -> Grounded:
    return grounding(shelf).of(draft)


def grounding(shelf: Shelf) -> Grounding:
    standing = Standing(shelf.store)
    standing.refresh()
    return Grounding(standing, Deciding(shelf.now.date()), shelf.now)


def test_a_ground_says_where_and_why_and_until_when(shelf: Shelf) -> None:
    found = ground(shelf, shelf.draft(account=PAT))
    assert isinstance(found, Ground)
    assert (found.partition.name, found.created) == ("years5-2031-04", NOW)
    assert found.expires == NOW.replace(year=2031)
    assert found.lane.training
    account = shelf.account(PAT)
    assert found.session == Session(account.organisation, account.id, "s1")


def test_drafts_that_are_alike_have_one_ground(shelf: Shelf) -> None:
    asked = grounding(shelf)
    one = asked.of(shelf.draft("one"))
    assert asked.of(shelf.draft("two")) is one
    for change in (
        {"account": PAT},
        {"session": "s2"},
        {"kind": "transcript"},
        {"flow": "cloud-session"},
        {"provider": ""},
        {"repository": "r"},
        {"at": NOW - timedelta(seconds=1)},
    ):
        assert asked.of(replace(shelf.draft("two"), **change)) != one, change


def test_a_fault_is_told_for_each_draft_that_has_it(shelf: Shelf) -> None:
    asked = grounding(shelf)
    for _ in range(2):
        assert isinstance(asked.of(shelf.draft(account="nobody@acme.test")), CarnetError)


def test_words_are_looked_at_before_a_decision_is_told(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True})
    assert isinstance(ground(shelf, shelf.draft()), Refusal)
    assert isinstance(ground(shelf, shelf.draft(kind="thought")), CarnetError)
    assert isinstance(ground(shelf, shelf.draft(session="")), Refusal)


def test_a_fault_repeats_nothing_of_the_draft(shelf: Shelf) -> None:
    draft = shelf.draft()
    for name in ("account", "kind", "flow", "provider"):
        found = ground(shelf, replace(draft, **{name: "a-prompt-in-the-wrong-field"}))
        assert isinstance(found, CarnetError)
        assert str(found).startswith(f"{name}: ")
        assert "a-prompt" not in str(found)


def test_what_is_held_goes_where_nothing_ends_with_the_end_it_would_have(shelf: Shelf) -> None:
    shelf.kept()
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    found = ground(shelf, shelf.draft())
    assert isinstance(found, Ground)
    assert (found.partition, found.expires) == (HELD, NOW + timedelta(days=30))
    other = ground(shelf, shelf.draft(session="s2"))
    assert isinstance(other, Ground)
    assert other.partition.name == "days30-2026-05-01"


def test_a_clients_clock_may_run_ahead_a_little(shelf: Shelf) -> None:
    assert dated(shelf.draft(at=NOW + TOLERANCE), NOW) == NOW + TOLERANCE
    with pytest.raises(CarnetError, match="has not been yet; a later date would keep it longer"):
        dated(shelf.draft(at=NOW + TOLERANCE + timedelta(microseconds=1)), NOW)
    assert dated(shelf.draft(), NOW) == NOW


def test_a_rating_has_its_day(shelf: Shelf) -> None:
    late = NOW.replace(hour=23, minute=59, second=59, microsecond=999999)
    for at in (None, NOW, NOW - timedelta(hours=9)):
        found = dated(shelf.draft(kind="rating", flow="survey", at=at), late)
        assert found == NOW.replace(hour=0, minute=0)
        assert found.tzinfo is UTC


def test_a_rating_is_nobodys(shelf: Shelf) -> None:
    account = shelf.account(ANN)
    assert session_of(shelf.draft(kind="rating", repository="r"), account) == Session(account.organisation, 0, "")
    assert session_of(shelf.draft(repository="r"), account) == Session(account.organisation, account.id, "s1", "r")
    with pytest.raises(CarnetError, match="only a rating is kept without one"):
        session_of(shelf.draft(session=""), account)


@pytest.mark.parametrize("held", [False, True])
def test_what_would_have_ended_already_is_refused_with_its_class_and_its_end(shelf: Shelf, held: bool) -> None:  # noqa: FBT001
    shelf.kept()
    if held:
        hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    found = ground(shelf, shelf.draft(at=NOW - timedelta(days=30)))
    assert isinstance(found, Refusal)
    assert "kept as days30" in found.why
    assert "it would have ended at 2026-04-01 09:30:00 UTC already; nothing of it is written" in found.why
    assert isinstance(ground(shelf, shelf.draft(at=NOW - timedelta(days=30, microseconds=-1))), Ground)
    assert isinstance(ground(shelf, shelf.draft(account=PAT, at=NOW - timedelta(days=30))), Ground), "five years"
