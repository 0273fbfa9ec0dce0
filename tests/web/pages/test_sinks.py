"""Where reports go on to, how far that is, and what is in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.accounts.sinks import check_sink
from carnet.gateway.intake.forwarding import WINDOW
from carnet.model.sink import Sink
from tests.records.kept import ACME, PEOPLE
from tests.web.pages.test_records import words
from tests.web.reported import HOSTILE

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def added(shelf: Shelf, name: str = "own", org: str = ACME, **more: object) -> Sink:
    one = Sink(name, shelf.organisation(org).id, "https://otel.acme.test", shelf.now)
    one = check_sink(replace(one, **more))  # type: ignore[arg-type]
    shelf.store.sinks.add(one)
    return one


def test_with_no_sink_it_says_how_one_is_added(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    assert "carnet sink add" in signed_in.get("/intake/sinks").text
    assert signed_in.get("/intake/sinks.json").json() == {"org": None, "sinks": []}


def test_a_sink_is_told_with_how_far_it_is_what_is_in_its_way_and_the_rules(
    signed_in: TestClient, shelf: Shelf
) -> None:
    sinks = shelf.store.sinks
    added(shelf, webhook="https://acme.test/hook", webhook_key_env="SECRET")
    through = shelf.now - WINDOW - timedelta(hours=3)
    progress = replace(sinks.progress("own"), through=through, sent=1200, refused=2, dropped=3, fault=HOSTILE)
    sinks.advance("own", progress, (), b"")
    sinks.note("own", ["a"], shelf.now)
    page = signed_in.get("/intake/sinks").text
    text = words(page)
    for part in ("1,200 records, 2 refused by the collector, 3 dropped", "3 hours", "1 session not told yet", ACME):
        assert part in text
    assert HOSTILE not in page
    assert 'href="/explain/metrics?' in page
    assert 'href="/explain/errors?' in page
    (one,) = signed_in.get("/intake/sinks.json").json()["sinks"]
    assert (one["name"], one["behind_seconds"], one["untold"], one["sent"]) == ("own", 10_800, 1, 1200)
    assert "metrics.all" in one["explain"]["metrics"]


def test_what_is_kept_no_more_goes_no_further_and_the_page_says_so(signed_in: TestClient, shelf: Shelf) -> None:
    added(shelf, flows=("errors",))
    shelf.change(ACME, {"zdr": True})
    text = words(signed_in.get("/intake/sinks").text)
    assert "nothing: none of it is kept under the terms of now" in text
    assert "up to date" in text
    assert "told nowhere" in text


def test_one_organisation_is_shown_alone_and_none_that_is_not_there(signed_in: TestClient, shelf: Shelf) -> None:
    added(shelf)
    added(shelf, "other", PEOPLE)
    assert [one["name"] for one in signed_in.get(f"/intake/sinks.json?org={PEOPLE}").json()["sinks"]] == ["other"]
    assert signed_in.get("/intake/sinks?org=nowhere").status_code == 404


def test_whoever_has_not_signed_in_sees_nothing(stranger: TestClient) -> None:
    assert stranger.get("/intake/sinks").status_code == 303
