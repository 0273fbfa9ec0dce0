"""What the requests look like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from carnet.agent.reporting import forms
from carnet.agent.reporting.forms import Happened, Point
from tests.agent.reporting.ground import agent


def read(body: bytes) -> Any:
    return json.loads(body)


def test_sums_are_what_was_counted_since_and_gauges_what_was_measured() -> None:
    points = [
        Point(30, "tool.use", 3, "sum", (("tool", "bash"),), since=10),
        Point(20, "tool.use", 5, "sum", ()),
        Point(40, "latency", 0.5, "gauge", ()),
        Point(50, "latency", 0.7, "gauge", ()),
    ]

    parcel = forms.metrics(points, agent())

    assert (parcel.flow, parcel.path, parcel.kind) == ("metrics", "/v1/metrics", "application/json")
    told = read(parcel.body)["resourceMetrics"][0]
    assert told["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "tester"}},
        {"key": "service.version", "value": {"stringValue": "1.2.3"}},
    ]
    sums, gauge = told["scopeMetrics"][0]["metrics"]
    assert sums["name"] == "tool.use"
    assert (sums["sum"]["aggregationTemporality"], sums["sum"]["isMonotonic"]) == (1, True)
    assert [(p["asDouble"], p["startTimeUnixNano"], p["timeUnixNano"]) for p in sums["sum"]["dataPoints"]] == [
        (3, "10", "30"),
        (5, "20", "20"),
    ]
    assert [p["asDouble"] for p in gauge["gauge"]["dataPoints"]] == [0.5, 0.7]


def test_events_are_log_records() -> None:
    parcel = forms.events([Happened(7, "session.start", (("ok", True), ("n", 3), ("s", 0.5), ("w", "word")))], agent())

    record = read(parcel.body)["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    assert (parcel.flow, parcel.path) == ("metrics", "/v1/logs")
    assert record["body"] == {"stringValue": "session.start"}
    assert {one["key"]: one["value"] for one in record["attributes"]} == {
        "event.name": {"stringValue": "session.start"},
        "ok": {"boolValue": True},
        "n": {"intValue": "3"},
        "s": {"doubleValue": 0.5},
        "w": {"stringValue": "word"},
    }


def test_an_error_is_an_envelope_whose_length_is_true() -> None:
    parcel = forms.error([{"type": "ValueError"}], "error", 1_700_000_000_000_000_000, "ab" * 16, agent())

    head, item, payload, rest = parcel.body.split(b"\n")
    assert (parcel.flow, parcel.path, rest) == ("errors", "/api/1/envelope/", b"")
    assert read(head)["event_id"] == "ab" * 16
    assert read(item) == {"type": "event", "length": len(payload), "content_type": "application/json"}
    assert read(payload) == {
        "event_id": "ab" * 16,
        "timestamp": "2023-11-14T22:13:20Z",
        "platform": "python",
        "level": "error",
        "release": "tester@1.2.3",
        "exception": {"values": [{"type": "ValueError"}]},
    }


def test_a_rating_is_a_rating_and_nothing_beside_it() -> None:
    assert forms.rating("dismiss").body == b'{"rating":"dismiss"}'


def test_feedback_and_a_share_hold_what_the_person_sends() -> None:
    assert read(forms.feedback("slow", [{"a": 1}], "24h").body) == {
        "description": "slow",
        "transcript": [{"a": 1}],
        "scope": "24h",
    }
    assert read(forms.share([1]).body) == {"consent": "yes", "transcript": [1]}


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_what_json_cannot_say_is_told(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        forms.share([value])
