"""What was kept, as OTLP again: Carnet's own intake reads it back as what it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from carnet.gateway.intake import otlp
from carnet.gateway.intake.outward import Load
from tests.gateway.intake.collecting import plain
from tests.gateway.intake.ground import asked

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Means

TRACE, SPAN = "ab" * 16, "cd" * 8
LOG = {
    "time": 10**18, "observed": 10**18 + 1, "severity": 9, "level": "INFO", "name": "claude_code.api_request",
    "trace": TRACE, "span": SPAN, "attributes": {"model": "m-1", "cost_usd": 0.5, "duration_ms": 7, "success": True},
}  # fmt: skip
POINT = {"time": 10**18, "start": 10**18 - 5, "attributes": {"type": "input"}}
METRICS: list[dict[str, Any]] = [
    {"name": "a.sum", "type": "sum", "unit": "s", "temporality": 1, "monotonic": True, "value": 3, **POINT},
    {"name": "a.gauge", "type": "gauge", "value": 0.25, **POINT},
    {"name": "a.hist", "type": "histogram", "temporality": 2, "count": 3, "sum": 4.5, "min": 1, "max": 2,
     "bucket_counts": [1, 2], "explicit_bounds": [1.5], **POINT},
    {"name": "a.summary", "type": "summary", "count": 2, "sum": 3.5, **POINT},
]  # fmt: skip


def otlp_body(signal: str, *rows: dict[str, Any]) -> dict[str, Any]:
    groups = [{"resource": {"os.type": "linux"}, "scope": "com.anthropic.x", "version": "1.0", "records": list(rows)}]
    return {"protocol": "otlp", "signal": signal, "groups": groups}


def sent(body: dict[str, Any], encoding: str) -> dict[str, bytes]:
    load = Load()
    load.add(body, "pseudonym", 5)
    return dict(load.requests(encoding))


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_logs_and_metrics_are_read_back_as_they_were(encoding: str, means: Means) -> None:
    for signal, rows, take in (("logs", [LOG], otlp.take_logs), ("metrics", METRICS, otlp.take_metrics)):
        body = sent(otlp_body(signal, *rows), encoding)[signal]
        taken = take(asked(content_type=f"application/{encoding.replace('protobuf', 'x-protobuf')}"), body, means)
        (item,) = taken.items
        (group,) = json.loads(item.body)["groups"]
        assert (group["scope"], group["version"], group["resource"]) == ("com.anthropic.x", "1.0", {"os.type": "linux"})
        assert group["records"] == rows


def test_an_exponential_histogram_goes_out_without_buckets() -> None:
    row = {"name": "a", "type": "exponential_histogram", "scale": 1, "zero_count": 0, "count": 3, "sum": 4, **POINT}
    request = json.loads(sent(otlp_body("metrics", row), "json")["metrics"])
    (metric,) = request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    assert metric["histogram"]["dataPoints"][0]["count"] == "3"
    assert "bucketCounts" not in metric["histogram"]["dataPoints"][0]
    assert sent(otlp_body("metrics", row), "protobuf")["metrics"]


def logs(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    (resource,) = json.loads(sent(body, "json")["logs"])["resourceLogs"]
    assert plain(resource["resource"]["attributes"]) == {"carnet.session": "pseudonym"}
    return [(row["eventName"], plain(row["attributes"])) for row in resource["scopeLogs"][0]["logRecords"]]


def test_errors_of_sentry_are_logs_with_flat_names() -> None:
    event = {"level": "error", "exception": {"values": [{"type": "ValueError"}]}}
    body = {"protocol": "sentry", "item": "event", "event": event, "group": "g1"}
    assert logs(body) == [
        ("sentry.event", {"group": "g1", "level": "error", "exception.values.0.type": "ValueError"}),
    ]
    items = {"protocol": "sentry", "item": "log", "log": {"items": [{"level": "info"}, {"level": "warn"}]}}
    assert logs(items) == [("sentry.log", {"level": "info"}), ("sentry.log", {"level": "warn"})]


def test_events_of_statsig_are_logs() -> None:
    rows = [{"eventName": "opened", "value": 2, "metadata": {"count": 1}}]
    body = {"protocol": "statsig", "about": {"sdkType": "py"}, "events": rows}
    assert logs(body) == [("opened", {"sdkType": "py", "eventName": "opened", "value": "2", "metadata.count": "1"})]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"protocol": "carnet", "report": {"transcript": ["words"]}},
        {"protocol": "otlp", "groups": "x"},
        {"protocol": "sentry", "item": "event", "event": None},
        {"protocol": "statsig", "events": [1]},
    ],
)
@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_what_intake_did_not_write_has_nothing_in_it(body: dict[str, Any], encoding: str) -> None:
    assert sent(body, encoding) == {}
