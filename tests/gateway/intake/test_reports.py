"""What pages may tell of intake."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.gateway.intake import reports
from carnet.records.holding import hold
from tests.gateway.intake.collecting import SESSION, log_of
from tests.gateway.intake.ground import envelope
from tests.gateway.intake.test_feedback import FEEDBACK
from tests.gateway.intake.test_sentry import of_event
from tests.records.kept import ACME, PAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gateway.intake.ground import Ground


def test_what_was_kept_is_counted_by_day_flow_class_and_provider(ground: Ground) -> None:
    ground.envelope(of_event())
    ground.post("/api/survey", {"rating": 3})
    ground.shelf.later(days=1)
    ground.post("/api/feedback", FEEDBACK, headers={"x-carnet-provider": "anthropic"})
    ground.shelf.kept("words of an exchange")
    acme = ground.shelf.organisation(ACME).id
    rows = [(one.day, one.flow, one.retention, one.provider, one.records) for one in reports.taken(ground.shelf.store)]
    assert rows == [
        ("2026-04-01", "errors", "days30", "", 1),
        ("2026-04-01", "survey", "days30", "", 1),
        ("2026-04-02", "feedback", "years5", "anthropic", 1),
    ]
    assert all(one.rules and one.bytes for one in reports.taken(ground.shelf.store, acme))
    assert reports.taken(ground.shelf.store, acme + 99) == []


def test_what_is_held_is_counted_with_what_lies_with_its_day(ground: Ground) -> None:
    ground.post("/v1/logs", log_of(SESSION), headers={"content-type": "application/json"})
    ground.post("/v1/logs", log_of("0e0e" * 8), headers={"content-type": "application/json"})
    before = reports.taken(ground.shelf.store)
    assert [(one.flow, one.records) for one in before] == [("metrics", 2)]
    assert before[0].ends == datetime(2026, 5, 2, tzinfo=UTC)
    shelf = ground.shelf
    hold(shelf.store, shelf.keyring, shelf.sessions(SESSION), "a case", shelf.now)
    moved = reports.taken(shelf.store)
    assert [(one.records, one.bytes, one.ends) for one in moved] == [(2, before[0].bytes, before[0].ends)]
    shelf.later(days=40)
    shelf.keep()
    assert [one.name for one in shelf.store.catalogue.partitions()] == ["hold"]
    assert [(one.day, one.records) for one in reports.taken(shelf.store)] == [("2026-04-01", 1)]


def test_a_month_is_counted_again_only_once_it_has_changed(ground: Ground) -> None:
    known: dict[object, tuple[object, list[reports.Kept]]] = {}
    made: list[object] = []

    def recall(key: object, stamp: object, make: Callable[[], list[reports.Kept]]) -> list[reports.Kept]:
        if known.get(key, (None,))[0] != stamp:
            made.append(key)
            known[key] = stamp, make()
        return known[key][1]

    def told() -> int:
        return sum(one.records for one in reports.taken(ground.shelf.store, recall=recall))  # type: ignore[arg-type, misc]

    ground.post("/api/feedback", FEEDBACK)
    assert (told(), told(), len(made)) == (1, 1, 1)
    ground.shelf.kept("an exchange")
    assert (told(), len(made)) == (1, 1)
    ground.post("/api/feedback", {**FEEDBACK, "description": "another"})
    assert (told(), len(made)) == (2, 2)


def test_ratings_are_counted_by_day(ground: Ground) -> None:
    for rating in (3, 3, "dismiss"):
        ground.post("/api/survey", {"rating": rating})
    ground.post("/api/survey", {"rating": 1}, PAT)
    shelf = ground.shelf
    assert reports.ratings(shelf.store, shelf.keyring) == {"2026-04-01": {"3": 2, "dismiss": 1, "1": 1}}
    assert reports.ratings(shelf.store, shelf.keyring, shelf.organisation(ACME).id) == {
        "2026-04-01": {"3": 2, "dismiss": 1}
    }


def test_errors_are_grouped_by_kind(ground: Ground) -> None:
    for number in range(3):
        ground.envelope(of_event(f"{number:032x}"))
    other = json.dumps({"event_id": "f" * 32, "message": "another"}).encode()
    ground.envelope(envelope(({"type": "event"}, other), event="f" * 32))
    ground.envelope(envelope(({"type": "session"}, b'{"status":"ok"}')))
    many, one = reports.error_groups(ground.shelf.store, ground.shelf.keyring)
    assert (many.count, many.types, many.releases) == (3, ("ValueError",), {"carnet@1.2.3"})
    assert (many.first, many.last) == (ground.shelf.now, ground.shelf.now)
    assert many.example["level"] == "error"
    assert (one.count, one.types) == (1, ())


def test_of_very_many_the_newest_are_opened(ground: Ground) -> None:
    for number in range(3):
        ground.shelf.later(days=1)
        ground.post("/api/survey", {"rating": number + 1})
    shelf = ground.shelf
    assert reports.ratings(shelf.store, shelf.keyring, most=2) == {"2026-04-03": {"2": 1}, "2026-04-04": {"3": 1}}


def test_what_became_of_a_day_is_read_from_its_counts(ground: Ground) -> None:
    ground.post("/api/survey", {"rating": 3})
    ground.intake.counts.flush(ground.shelf.store.catalogue)
    assert reports.outcomes(ground.shelf.store.catalogue, "2026-04-01") == {"survey": {"kept": 1}}
    assert reports.outcomes(ground.shelf.store.catalogue, "2026-04-02") == {}
