"""Beside a file of records that cannot be read: every page and every call shows the rest, and says what is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carnet.records import holding
from carnet.web.administration import PAGES
from carnet.web.lacking import FOR_HOLDERS, TO_DO
from carnet.web.pages.mine_door import DOOR
from carnet.web.record_addresses import REPORT
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf, ruin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.web.conftest import Script

LOST = "days30-2026-05-01"
ASKED = {
    "/records/sessions": f"?account={PAT}&session=s1",
    "/records/delete": f"?account={PAT}",
    "/accounts/delete": "?org=people",
    "/accounts/organisation": "?org=people",
    "/accounts/account": f"?email={PAT}",
}
TELLS_NOTHING_OF_RECORDS = {"/accounts", "/log", "/domains", "/intake/sinks"}
"""These read no records, so that nothing is missing on them."""


@pytest.fixture
def lame(shelf: Shelf, data: Path) -> dict[str, str]:
    """Records of Pat's, some of them where nothing can be read any more: name -> id."""
    found = {"years": shelf.kept("words", PAT), "lost": shelf.kept("a metric", PAT, kind="metric", flow="metrics")}
    found["feedback"] = shelf.kept("fed back", PAT, "s2", kind="feedback", flow="feedback")
    shelf.kept("held", ANN, "h1", kind="feedback", flow="feedback")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("h1"), "case 17", shelf.now)
    shelf.kept("quinn's", QUINN)
    shelf.erase(session="s9", account=ANN)
    ruin(shelf, data, LOST)
    return found


@pytest.mark.parametrize("path", [path for path, _ in PAGES if path != REPORT])
def test_every_page_of_the_administration(signed_in: TestClient, lame: dict[str, str], path: str) -> None:
    page, twin = (signed_in.get(f"{path}{end}{ASKED.get(path, '')}") for end in ("", ".json"))
    assert (page.status_code, twin.status_code) == (200, 200), page.text
    if path in TELLS_NOTHING_OF_RECORDS:
        return
    told = page.text.replace("<wbr>", "")
    assert all(word in told for word in ("Not everything could be read", f"part-{LOST}.db is damaged", TO_DO))
    assert (twin.json()["unread"], f"part-{LOST}.db" in twin.json()["unread_why"]) == ([LOST], True)
    if path in {"/records", "/records/sessions"}:
        assert lame["years"] in page.text
        assert lame["years"] in twin.text


def test_where_all_of_it_cannot_be_read_no_page_says_that_there_is_nothing(
    signed_in: TestClient, shelf: Shelf, data: Path
) -> None:
    shelf.kept("a metric", PAT, kind="metric", flow="metrics")
    ruin(shelf, data, LOST)
    for path in ("/records", "/records/delete", "/accounts/delete", "/accounts/organisation", "/accounts/account"):
        text = signed_in.get(f"{path}{ASKED.get(path, '')}").text
        assert "in what can be read" in text, path
        assert not any(word in text for word in ("No record yet", "<p>No record.</p>", ">Nothing.</p>")), path


def test_a_report_is_opened_and_one_that_is_nowhere_may_be_in_there(
    signed_in: TestClient, lame: dict[str, str]
) -> None:
    opened = signed_in.post(REPORT, data={"record": lame["feedback"]})
    assert (opened.status_code, "fed back" in opened.text) == (200, True)
    lost = signed_in.get(f"{REPORT}?record={lame['lost']}")
    assert (lost.status_code, "is in nothing that can be read" in lost.text, LOST in lost.text) == (503, True, True)


def test_calls_of_the_administration(script: Script, lame: dict[str, str]) -> None:
    listed = script.json("GET", "/api/admin/records")
    assert (listed["unread"], lame["years"] in {one["id"] for one in listed["records"]}) == ([LOST], True)
    for path in ("/api/admin/records/stats", "/api/admin/holds", "/api/admin/receipts"):
        assert script.json("GET", path)["unread"] == [LOST], path
    for path in ("/api/admin/organisations", "/api/admin/accounts", f"/api/admin/accounts/{PAT}"):
        script.json("GET", path)
    assert script("GET", f"/api/admin/records/{lame['years']}/body").content == b"words"
    status, _, text = script.refused("GET", f"/api/admin/records/{lame['lost']}")
    assert (status, "is in nothing that can be read" in text) == (503, True)
    for what in ({"subject": PAT}, {"training": True}):
        *rows, manifest = script("POST", "/api/admin/records/export", what).text.splitlines()
        assert json.loads(manifest)["manifest"]["unread"] == [LOST]
        assert any('"words"' in row for row in rows)


def test_what_is_changed_stands_and_says_what_it_did_not_reach(script: Script, lame: dict[str, str]) -> None:
    del lame
    changed = script.json("PATCH", f"/api/admin/accounts/{PAT}", {"model_improvement": "off"})
    assert (changed["model_improvement"], LOST in changed["unread"]) == ("off", True)
    kept = script.json("PATCH", f"/api/admin/organisations/{ACME}", {"keep": {"inference": "days7"}})
    assert (kept["keep"], kept["unread"]) == ({"inference": "days7"}, [LOST])
    receipt = script.json("POST", "/api/admin/records/delete", {"account": PAT})
    assert (receipt["state"], receipt["unread"]) == ("queued", [LOST])
    over = script.json("POST", "/api/admin/records/release", {"account": ANN, "session": "h1", "reason": "over"})
    assert (len(over["released"]), over["unread"]) == (1, [LOST])
    status, _, text = script.refused("POST", "/api/admin/records/hold", {"session": "x", "account": ANN, "reason": "y"})
    assert (status, "in what can be read" in text) == (503, True)


def test_forms_of_the_administration(signed_in: TestClient, lame: dict[str, str], shelf: Shelf) -> None:
    del lame
    assert signed_in.post("/accounts/account/consent", data={"account": PAT, "consent": "off"}).status_code == 303
    assert not shelf.account(PAT).consent
    keep = {"org": "people", "flow": "inference", "class": "days7"}
    assert signed_in.post("/accounts/organisation/set", data=keep).status_code == 303
    release = {"org": ACME, "account": ANN, "session": "h1", "reason": "over"}
    assert signed_in.post("/records/release", data=release).status_code == 303
    gone = signed_in.post("/records/delete", data={"account": PAT})
    assert (gone.status_code, "Deleted, but for what could not be read" in gone.text) == (200, True)
    assert f"{LOST} could not be read: what is in there goes after the repair" in gone.text
    assert "waits for a repair" in gone.text
    holds = signed_in.get("/holds")
    assert "1 deletion waits for a release or a repair" in holds.text
    assert signed_in.get("/holds.json").json()["waiting"][0]["unread"] == [LOST]


def test_the_holder_of_an_account_is_told_no_path(
    stranger: TestClient, keyed: Callable[..., Script], lame: dict[str, str]
) -> None:
    pat = keyed(PAT)
    for path in ("/api/mine", "/api/mine/records"):
        told = pat.json("GET", path)
        assert (told["unread"], "part-" in told["unread_why"]) == ([LOST], False)
    assert pat("GET", f"/api/mine/records/{lame['years']}/body").content == b"words"
    *_, manifest = pat("POST", "/api/mine/export").text.splitlines()
    assert json.loads(manifest)["manifest"]["unread"] == [LOST]
    assert LOST in pat.json("PATCH", "/api/mine", {"model_improvement": "off"})["unread"]
    stranger.post(DOOR, data={"key": pat.headers["x-api-key"]})
    for path in ("/mine", "/mine/session?session=s1", "/mine/delete?session=s1"):
        page = stranger.get(path)
        assert FOR_HOLDERS in page.text
        assert (page.status_code, f"{LOST} cannot be read" in page.text.replace("<wbr>", ""), "part-" in page.text) == (
            200,
            True,
            False,
        )
    gone = stranger.post("/mine/delete", data={"session": "s1"})
    assert (gone.status_code, f"{LOST} could not be read" in gone.text) == (200, True)


def test_nothing_in_what_can_be_read_is_not_nothing(
    stranger: TestClient, keyed: Callable[..., Script], shelf: Shelf, data: Path
) -> None:
    shelf.kept("quinn's", QUINN)
    ruin(shelf, data, LOST)
    stranger.post(DOOR, data={"key": keyed(QUINN).headers["x-api-key"]})
    page = stranger.get("/mine").text
    assert "Nothing is kept in what can be read" in page
    assert "Nothing is kept now" not in page


def test_where_everything_can_be_read_nothing_is_said(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    assert "Not everything could be read" not in signed_in.get("/records").text
    assert "unread" not in signed_in.get("/records.json").json()
