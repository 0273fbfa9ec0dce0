"""Both encodings of OTLP read alike."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from carnet.gateway.intake import otlp_lean
from carnet.gateway.intake import otlp_parsing as parsing
from carnet.gateway.intake.contract import RefusedError

VALUES = [{"stringValue": "a"}, {"intValue": "5"}, {"doubleValue": 0.5}, {"boolValue": True}]
POINTS = {
    "sum": {"dataPoints": [{"asInt": "3", "timeUnixNano": "9"}], "aggregationTemporality": 1, "isMonotonic": True},
    "gauge": {"dataPoints": [{"asDouble": 0.5}]},
    "histogram": {"dataPoints": [{"count": "2", "sum": 3.5, "bucketCounts": ["1", "1"], "explicitBounds": [2.5]}]},
    "exponentialHistogram": {"dataPoints": [{"count": "2", "scale": 1, "zeroCount": "1"}]},
    "summary": {"dataPoints": [{"count": "2", "sum": 3.0}]},
}


def resource(key: str, records: list[object]) -> dict[str, object]:
    about = {"attributes": [{"key": "service.name", "value": {"stringValue": "agent"}}]}
    inner = {"scope": {"name": "s", "version": "1"}, key: records}
    outer, scopes = ("resourceLogs", "scopeLogs") if key == "logRecords" else ("resourceMetrics", "scopeMetrics")
    return {outer: [{"resource": about, scopes: [inner]}]}


def test_logs_read_alike() -> None:
    attributes = [{"key": "k", "value": value} for value in [*VALUES, {"arrayValue": {"values": []}}, {}]]
    tree = resource("logRecords", [{"timeUnixNano": "7", "body": {"stringValue": "b"}, "attributes": attributes}])
    (one,) = parsing.json_logs(json.dumps(tree).encode())
    message = json_format.ParseDict(tree, ExportLogsServiceRequest())
    (two,) = parsing.proto_logs(message.SerializeToString())
    assert (one.scope, one.version) == (two.scope, two.version) == ("s", "1")
    (log,), (proto,) = list(one.records), list(two.records)
    plain = [parsing.plain(value) for _, value in parsing.json_pairs(log.attributes)]
    assert plain == ["a", "5", 0.5, True, None, None]
    pairs = [otlp_lean.attribute(data) for data in proto.attributes]
    assert [parsing.plain_proto(value) for _, value in pairs] == [
        "a", 5, 0.5, True, None, None,
    ]  # fmt: skip
    assert parsing.plain(log.body) == parsing.plain_proto(otlp_lean.value(proto.body)) == "b"


@pytest.mark.parametrize("kind", POINTS)
def test_points_read_alike(kind: str) -> None:
    tree = resource("metrics", [{"name": "m", "unit": "s", kind: POINTS[kind]}])
    (one,) = parsing.json_metrics(json.dumps(tree).encode())
    message = json_format.ParseDict(tree, ExportMetricsServiceRequest())
    (two,) = parsing.proto_metrics(message.SerializeToString())
    name = "exponential_histogram" if kind == "exponentialHistogram" else kind
    for part in (one, two):
        (metric,) = part.records
        data = getattr(metric, name)
        assert (metric.name, metric.unit, len(data.data_points)) == ("m", "s", 1)
        point = data.data_points[0]
        told = {key: getattr(point, key) for key in (*parsing.NUMBERS, *parsing.LISTS)}
        assert {key: value for key, value in told.items() if value not in (None, [])}


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b'{"resourceLogs":5}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_request_is_refused(body: bytes) -> None:
    for read in (parsing.json_logs, parsing.json_metrics):
        with pytest.raises(RefusedError):
            list(read(body if body != b'{"resourceLogs":5}' else b'{"resourceLogs":5,"resourceMetrics":5}'))


def test_a_message_that_was_cut_off_is_refused() -> None:
    tree = resource("logRecords", [{"timeUnixNano": "7", "body": {"stringValue": "words" * 9}}])
    whole = json_format.ParseDict(tree, ExportLogsServiceRequest()).SerializeToString()
    for length in range(1, len(whole)):
        with pytest.raises(RefusedError):
            list(parsing.proto_logs(whole[:length]))
    with pytest.raises(RefusedError):
        list(parsing.proto_metrics(b"\xff" * 20))


def test_values_nested_without_end_are_refused() -> None:
    deep = b""
    for _ in range(3000):
        inner = b"\x0a" + _length(deep) + deep  # values
        deep = b"\x2a" + _length(inner) + inner  # array_value
    key_value = b"\x12" + _length(deep) + deep
    body = b"\x0a" + _length(key_value) + key_value
    for _ in range(2):
        body = b"\x0a" + _length(body) + body
    with pytest.raises(RefusedError):
        list(parsing.proto_logs(body))


def _length(data: bytes) -> bytes:
    from carnet.gateway.intake.otlp import varint  # noqa: PLC0415

    return varint(len(data))
