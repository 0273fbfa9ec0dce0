"""Changes of terms and consent, and deletion of accounts and organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.model.record import Refusal
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.holding import hold, release
from carnet.records.keeping import resume
from carnet.records.receipts import receipt_faults
from tests.records.kept import ACME, ANN, PAT, QUINN

if TYPE_CHECKING:
    from carnet.records.receipts import Receipt
    from tests.records.kept import Shelf


def deleted(shelf: Shelf, email: str) -> Receipt:
    return delete_account(shelf.store, shelf.keyring, shelf.account(email), lambda: shelf.now)


def organisation_deleted(shelf: Shelf, name: str) -> Receipt:
    return delete_organisation(shelf.store, shelf.keyring, shelf.organisation(name), lambda: shelf.now)


def released(shelf: Shelf, session: str) -> tuple[Receipt, ...]:
    release(shelf.store, shelf.keyring, shelf.sessions(session), "settled", shelf.now)
    return resume(shelf.store, shelf.keyring, shelf.now)


def test_consent_is_a_dated_history(shelf: Shelf) -> None:
    shelf.later(days=1)
    assert shelf.consent(PAT, "off") == 0
    shelf.later(days=1)
    shelf.consent(PAT, "on")
    account = shelf.account(PAT)
    acts = shelf.store.directory.acts(account.organisation, account.id)
    assert [(one.value, one.at.day) for one in acts] == [("on", 1), ("off", 2), ("on", 3)]
    events = [words["event"] for _, words in shelf.store.catalogue.openings(9)]
    assert events == ["consent", "consent"]


def test_acts_of_an_organisation_are_dated_and_logged_and_saying_so_again_is_none(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True, "product-feedback": False}, {"inference": "days7"})
    shelf.change(ACME, {"dpp": True})
    found = shelf.organisation(ACME)
    assert (found.dpp, found.product_feedback, found.keep) == (True, False, (("inference", "days7"),))
    acts = shelf.store.directory.acts(found.id)
    assert [one.what for one in acts] == ["dpp", "product-feedback", "keep"]
    assert [words["event"] for _, words in shelf.store.catalogue.openings(9)] == ["keep", "product-feedback", "dpp"]


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ({"inference": "days31"}, "days30 at most"),
        ({"inference": "years5"}, "days30 at most"),
        ({"feedback": "years6"}, "years5 at most"),
        ({"inference": "soon"}, "no retention class"),
        ({"inferences": "days7"}, "there is no flow"),
    ],
)
def test_an_organisation_never_lengthens(shelf: Shelf, keep: dict[str, str], said: str) -> None:
    with pytest.raises(CarnetError, match=said):
        shelf.change(ACME, {}, keep)
    assert shelf.organisation(ACME).keep == ()


def test_what_an_organisation_keeps_shorter_is_put_shorter(shelf: Shelf) -> None:
    shelf.change(ACME, {}, {"inference": "days7", "metrics": "none"})
    shelf.kept("words")
    (one,) = shelf.everything()
    assert ((one.expires - one.created).days, one.lane.retention) == (7, "days7")
    (answer,) = shelf.put(shelf.draft("a metric", kind="metric", flow="metrics"))
    assert isinstance(answer, Refusal)


def test_an_account_goes_with_all_its_records(shelf: Shelf) -> None:
    shelf.kept("pat's", PAT)
    quinns = shelf.kept("quinn's", QUINN)
    receipt = deleted(shelf, PAT)
    assert receipt.answer["records"] == 1
    assert receipt_faults(receipt.answer) == []
    assert shelf.store.directory.account(PAT) is None
    assert shelf.ids() == {quinns}
    (answer,) = shelf.put(shelf.draft("more", PAT))
    assert isinstance(answer, CarnetError)
    assert "there is no" in str(answer)
    assert shelf.faults() == []


def test_while_some_of_it_is_held_an_account_stays_closed(shelf: Shelf) -> None:
    kept = shelf.kept("held", PAT, "s1")
    shelf.kept("loose", PAT, "s2")
    hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "a matter", shelf.now)
    receipt = deleted(shelf, PAT)
    assert (receipt.queued, receipt.answer["held"]) == (True, 1)
    assert shelf.ids() == {kept}
    assert shelf.account(PAT).closed
    for session in ("s1", "s3"):
        (answer,) = shelf.put(shelf.draft("more", PAT, session))
        assert isinstance(answer, Refusal)
    (rating,) = shelf.put(shelf.draft("5", PAT, kind="rating", flow="survey"))
    assert isinstance(rating, Refusal)
    shelf.later(days=1).keep()
    assert shelf.account(PAT).closed
    (done,) = released(shelf, "s1")
    assert (done.answer["sessions"], done.answer["records"]) == (2, 2)
    assert shelf.store.directory.account(PAT) is None
    assert shelf.everything() == []
    assert shelf.faults() == []


def test_an_organisation_goes_with_its_accounts_keys_and_ratings(shelf: Shelf) -> None:
    shelf.kept("pat's", PAT)
    shelf.kept("5", QUINN, kind="rating", flow="survey")
    kept = shelf.kept("ann's", ANN)
    number = shelf.organisation("people").id
    assert organisation_deleted(shelf, "people").answer["records"] == 2
    assert [one.name for one in shelf.store.directory.organisations()] == [ACME]
    assert shelf.store.directory.account(QUINN) is None
    assert not [place for place in shelf.store.catalogue.org_keys() if place[0] == number]
    assert shelf.ids() == {kept}
    assert shelf.shown(kept) == b"ann's"
    shelf.keep()
    assert shelf.faults() == []


def test_while_some_of_it_is_held_an_organisation_stays_closed(shelf: Shelf) -> None:
    kept = shelf.kept("held", PAT)
    shelf.kept("loose", QUINN)
    hold(shelf.store, shelf.keyring, shelf.sessions("s1")[:1], "a matter", shelf.now)
    assert organisation_deleted(shelf, "people").queued
    assert shelf.ids() == {kept}
    for account in (PAT, QUINN):
        (answer,) = shelf.put(shelf.draft("more", account, "s9"))
        assert isinstance(answer, Refusal)
    (done,) = released(shelf, "s1")
    assert done.answer["records"] == 2
    assert [one.name for one in shelf.store.directory.organisations()] == [ACME]
    shelf.keep()
    assert shelf.faults() == []


def test_whoever_comes_back_is_somebody_else(shelf: Shelf) -> None:
    from carnet.accounts.people import add_account, new_account  # noqa: PLC0415 - only here

    before = shelf.account(PAT).id
    shelf.kept("of before", PAT)
    deleted(shelf, PAT)
    add_account(shelf.store.directory, new_account(PAT, shelf.organisation("people"), "", shelf.now), "", shelf.now)
    assert shelf.account(PAT).id != before
    assert shelf.listed(account=PAT) == []
