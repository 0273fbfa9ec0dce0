"""The page of checks: counts by day, reasons, the rule each day is counted under, and the lists."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from carnet.gateway.domains.lists import Wanted
from carnet.gateway.domains.shelf import Shelf as ListShelf
from tests.web.pages.test_records import words

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from carnet.web.domain_check import DomainChecks
    from tests.records.kept import Shelf


def checks(client: TestClient) -> DomainChecks:
    return cast("DomainChecks", cast("Starlette", client.app).state.domain_checks)


def test_before_any_check_it_says_how_to_ask(signed_in: TestClient, shelf: Shelf) -> None:
    del shelf
    text = words(signed_in.get("/domains").text)
    assert "No host name has been checked" in text
    assert "/api/web/domain_info?domain=example.com" in text
    assert "None is set up" in text


def test_days_are_told_with_reasons_and_the_rule(signed_in: TestClient, shelf: Shelf) -> None:
    today = shelf.now.date()
    counts = checks(signed_in).counts
    for day, reason, number in ((today, "passed", 3), (today, "blocked", 2), (today - timedelta(days=1), "allowed", 1)):
        for _ in range(number):
            counts.add(day, reason)
    counts.write(shelf.store.catalogue, today)
    counts.add(today, "metadata")
    twin = signed_in.get("/domains.json").json()
    assert twin["days"] == [
        {
            "day": "2026-04-01",
            "passed": 3,
            "refused": 3,
            "reasons": {"passed": 3, "blocked": 2, "metadata": 1},
            "rule": "domain-check.all",
        },
        {"day": "2026-03-31", "passed": 1, "refused": 0, "reasons": {"allowed": 1}, "rule": "domain-check.all"},
    ]
    page = signed_in.get("/domains").text
    assert "7 checks of host names in the last 30 days" in words(page)
    assert 'href="/explain/domain-check?pack=carnet&amp;as_of=2026-04-01"' in page
    explained = signed_in.get("/explain/domain-check?pack=carnet&as_of=2026-04-01")
    assert explained.status_code == 200
    assert "domain-check.all" in explained.text


def test_lists_are_told_with_what_is_wrong_with_them(signed_in: TestClient, shelf: Shelf, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad<b>.txt"
    good.write_text("a.example\nb.example\n")
    bad.write_text("b@d\n")
    wanted = [Wanted(good, "block"), Wanted(bad, "deny", organisation="acme")]
    checks(signed_in).shelf = ListShelf(wanted, None, lambda: shelf.now, print)
    first, second = signed_in.get("/domains.json").json()["lists"]
    assert (first["names"], first["format"], first["fault"], first["read"]) == (
        2,
        "domains",
        None,
        "2026-04-01T09:30:00Z",
    )
    assert (second["names"], second["organisation"]) == (None, "acme")
    assert second["fault"].endswith("bad<b>.txt: line 1: 'b@d' is no domain")
    page = signed_in.get("/domains").text
    assert "bad&lt;b&gt;" in page.replace("<wbr>", "")
    assert "is no domain" in page


def test_it_is_closed_to_strangers(stranger: TestClient) -> None:
    assert stranger.get("/domains").status_code == 303
    assert stranger.get("/domains.json").status_code == 401
