"""Intake's numbers in the exposition format."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from carnet.accounts.sinks import check_sink
from carnet.gateway.intake import metrics
from carnet.gateway.intake.forwarding import WINDOW
from carnet.gateway.intake.sifting import Tally
from carnet.model.sink import Sink
from tests.gateway.intake.ground import CANARY
from tests.records.kept import ACME, PAT

if TYPE_CHECKING:
    from tests.gateway.intake.ground import Ground


def told(ground: Ground) -> dict[tuple[str, ...], float]:
    """(family, values of labels) -> number."""
    shelf = ground.shelf
    text = metrics.exposition(ground.front.begun, {"passed": 3}, shelf.store, shelf.now)
    assert CANARY not in text
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return {(one.name.removeprefix("carnet_intake_"), *one.labels.values()): one.value for one in samples}


def test_what_became_of_reports_is_told_by_flow(ground: Ground) -> None:
    ground.shelf.change(ACME, {"product-feedback": False})
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": [{"key": "prompt"}, {"key": CANARY}]}]}]}]}
    headers = {"content-type": "application/json"}
    for _ in range(2):
        ground.post("/v1/logs", log, headers=headers)
    ground.post("/v1/logs", b"no json", headers=headers)
    ground.client.post("/api/survey", json={"rating": 1})
    ground.post("/api/feedback", {"description": CANARY, "transcript": [], "scope": "session"})
    found = told(ground)
    assert (found["reports_total", "metrics", "kept"], found["reports_total", "metrics", "repeated"]) == (1, 1)
    assert found["refused_total", "otlp", "400"] == 1
    assert found["refused_total", "survey", "401"] == 1
    (forbidden,) = [number for name, number in found.items() if name[:2] == ("forbidden_total", "feedback")]
    assert forbidden == 1
    assert sum(number for name, number in found.items() if name[0] == "dropped_fields_total") == 4
    assert found["domain_checks_total", "passed"] == 3
    assert (found["store_away",], found["requests_waiting",], found["room_bytes",]) == (0, 0, 0)


def test_before_the_first_report_everything_is_nought(ground: Ground) -> None:
    text = metrics.exposition(None, {}, None, ground.shelf.now)
    assert "carnet_intake_store_away 0\n" in text
    assert all(one.type in {"counter", "gauge"} for one in text_string_to_metric_families(text))


def test_overload_is_told_and_zero_data_retention_is_not(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    assert ground.post("/api/survey", {"rating": 1}).status_code == 200
    ground.intake.room.most = 0
    assert ground.post("/api/survey", {"rating": 1}, PAT).status_code == 503
    found = told(ground)
    assert found["overloaded_total", "survey"] == 1
    assert ground.counted("survey")["forbidden:zdr"] == 1
    assert not [name for name in found if "zdr" in name]


def test_paths_are_bounded(ground: Ground) -> None:
    ground.post("/api/survey", {"rating": 1})
    paths = Counter(f"otlp.path.{number}" for number in range(metrics.MOST_PATHS + 50))
    ground.intake.counts.add_dropped("2026-04-01", "otlp", Tally(paths))
    ground.intake.counts.add_dropped("2026-04-01", "sentry", Tally(Counter({"sentry.path": 7})))
    found = {name: number for name, number in told(ground).items() if name[0] == "dropped_fields_total"}
    assert len(found) == metrics.MOST_PATHS + 2
    assert (found["dropped_fields_total", "otlp", "other"], found["dropped_fields_total", "sentry", "sentry.path"]) == (
        *(50, 7),
    )


def test_what_another_process_counted_is_not_counted_again(ground: Ground) -> None:
    ground.post("/api/survey", {"rating": 1})
    catalogue, day = ground.shelf.store.catalogue, f"{ground.shelf.now:%Y-%m-%d}"
    ground.intake.counts.flush(catalogue)
    ground.intake.counts.load(catalogue, day)
    ground.post("/api/survey", {"rating": 2})
    assert told(ground)["reports_total", "survey", "kept"] == 2
    assert ground.intake.counts.days[day]["survey"] == Counter({"kept": 3})


def test_sinks_are_told_with_how_far_they_are(ground: Ground) -> None:
    shelf = ground.shelf
    sinks, organisation = shelf.store.sinks, next(iter(shelf.store.directory.organisations()))
    sinks.add(check_sink(Sink("own", organisation.id, "https://otel.acme.test", shelf.now)))
    through = shelf.now - WINDOW - timedelta(seconds=90)
    sinks.advance("own", replace(sinks.progress("own"), through=through, sent=7, dropped=2, fault="away"), (), b"")
    sinks.note("own", ["a", "b"], shelf.now)
    found = told(ground)
    assert [found["sink_records_total", "own", one] for one in ("sent", "refused", "dropped")] == [7, 0, 2]
    assert [found[f"sink_{one}", "own"] for one in ("behind_seconds", "failing", "untold_sessions")] == [90, 1, 2]
