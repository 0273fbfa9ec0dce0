from __future__ import annotations

from typing import TYPE_CHECKING, cast

from carnet.records import holding
from carnet.records.chronicle import write
from tests.records.kept import PAT
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def test_before_anything_was_logged(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "Nothing has been logged yet" in signed_in.get("/log").text
    twin = signed_in.get("/log.json").json()
    assert (twin["name"], twin["key"], twin["entries"], twin["published"]) == (None, None, 0, 0)


def test_it_says_how_far_it_goes_and_whether_all_is_published(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case 17", shelf.now)
    twin = signed_in.get("/log.json").json()
    assert (twin["entries"], twin["published"], twin["fault"]) == (1, 1, None)
    assert twin["key"].startswith(f"{twin['name']}+")
    assert twin["newest"] == [
        {"index": 0, "at": "2026-04-01T09:30:00Z", "event": "hold", "words": "Held session s1: case 17"}
    ]
    text = words(signed_in.get("/log").text)
    assert "1 entry, all of them published and signed" in text
    write(shelf.store, "export", shelf.now, {"purpose": "any"})
    text = words(signed_in.get("/log").text)
    assert "2 entries, 1 entry of them published and signed; the rest follows" in text
    assert "Exported for training: any" in text


def test_no_salt_is_shown(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.consent(PAT, "off")
    salts = [str(opening["salt"]) for _, opening in shelf.store.catalogue.openings(9)]
    text = signed_in.get("/log").text + signed_in.get("/log.json").text
    assert salts
    assert not any(salt in text for salt in salts)


def test_a_check_says_that_all_is_well_and_how_long_it_took(signed_in: TestClient, shelf: Shelf) -> None:
    shelf.kept()
    shelf.consent(PAT, "off")
    text = words(signed_in.post("/log/check").text)
    assert "All is as it was written." in text
    assert "seconds, at 2026-04-01 09:30 UTC" in text
    found = signed_in.post("/log/check.json").json()["check"]
    assert (found["faults"], found["more"]) == ([], False)


def test_a_check_names_what_is_wrong(signed_in: TestClient, shelf: Shelf, data: Path) -> None:
    shelf.kept()
    shelf.consent(PAT, "off")
    stray = data / "objects" / "bodies" / shelf.everything()[0].partition / ("0" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"stray")
    text = signed_in.post("/log/check").text
    assert "1 fault" in text
    assert "no record is in it" in text


def test_one_check_at_a_time_is_enough(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    records = cast("Starlette", signed_in.app).state.records
    with records.checking:
        assert signed_in.post("/log/check").status_code == 409
    assert signed_in.post("/log/check").status_code == 200


def test_a_checkpoint_that_is_not_the_log_s_is_an_alarm_and_no_broken_page(
    signed_in: TestClient, shelf: Shelf, data: Path
) -> None:
    shelf.consent(PAT, "off")
    (checkpoint,) = (data / "objects").rglob("checkpoint")
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n1\n", b"\n9\n"))
    page = signed_in.get("/log")
    assert (page.status_code, "cannot be vouched for" in page.text) == (200, True)
    assert signed_in.get("/log.json").json()["fault"]
