from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.records.kept import ANN, PAT, QUINN
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf

PAGE = f"/accounts/account?email={PAT}"
CONSENT = "/accounts/account/consent"


def test_it_says_consent_with_its_history_and_what_is_kept(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept("x" * 8, PAT, "s4")
    shelf.later(days=3).consent(PAT, "off")
    shelf.later(days=1).consent(PAT, "on")
    text = words(signed_in.get(PAGE).text)
    assert "consumer terms pro model improvement on" in text
    assert "2026-04-05 09:30 UTC Model improvement on 2026-04-04 09:30 UTC Model improvement off" in text
    assert "1 record, 8 bytes" in text
    assert "30 days 1 none 8 bytes" in text
    assert "s4 2026-04-01 09:30 UTC 1 8 bytes" in text
    twin = signed_in.get(PAGE.replace("?", ".json?")).json()
    assert [act["value"] for act in twin["history"]] == ["on", "off", "on"]
    assert (twin["kept"]["days30"]["records"], twin["sessions"][0]["session"]) == (1, "s4")


def test_withdrawing_takes_effect_at_once_and_for_nobody_else(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.kept(account=ANN)
    done = signed_in.post(CONSENT, data={"account": PAT, "consent": "off"})
    assert done.headers["location"] == f"{PAGE}&done=off-shortened"
    assert "now ends 30 days after its creation" in signed_in.get(done.headers["location"]).text
    assert {one.lane.retention for one in shelf.everything()} == {"days30"}
    assert (shelf.account(PAT).consent, shelf.account(QUINN).consent) == (False, False)


def test_giving_it_changes_nothing_that_is_kept(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept(account=QUINN)
    done = signed_in.post(CONSENT, data={"account": QUINN, "consent": "on"})
    assert "counts for what is kept from now on" in signed_in.get(done.headers["location"]).text
    assert shelf.account(QUINN).consent
    assert [one.lane.retention for one in shelf.everything()] == ["days30"]


@pytest.mark.parametrize(
    ("form", "status"),
    [({"account": PAT}, 400), ({"account": PAT, "consent": "maybe"}, 400), ({"account": "x@y", "consent": "on"}, 404)],
)
def test_what_is_no_consent_changes_none(
    signed_in: TestClient, shelf: Shelf, form: dict[str, str], status: int
) -> None:
    before = shelf.store.directory.accounts()
    assert signed_in.post(CONSENT, data=form).status_code == status
    assert shelf.store.directory.accounts() == before


def test_an_account_without_records_has_an_empty_page(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    text = words(signed_in.get(f"/accounts/account?email={QUINN}").text)
    assert "What is kept Nothing." in text
    assert "Sessions" not in text


def test_under_commercial_terms_consent_is_said_to_be_written_down_only(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "the consent is only written down" in signed_in.get(f"/accounts/account?email={ANN}").text


def test_nobody_of_that_address(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert signed_in.get("/accounts/account?email=nobody@x.test").status_code == 404
