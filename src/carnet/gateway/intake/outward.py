"""What was kept of reports as OTLP again, whatever protocol it came in: for an organisation's own collector."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SESSION = "carnet.session"
"""Attribute of a resource: the pseudonym of the session that deletions name."""
MOST_ATTRIBUTES = 128
_TYPES = {"sum": "sum", "gauge": "gauge", "histogram": "histogram", "summary": "summary"}
_TEMPORALITY = {1: 1, 2: 2, "AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}
_OF = {"histogram": ("count", "sum", "min", "max"), "summary": ("count", "sum")}


@dataclass(slots=True)
class Load:
    """Logs and metrics that go out together, by resource, in OTLP's JSON."""

    logs: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)

    def add(self, body: Mapping[str, Any], session: str, seen: int) -> None:
        """A record's body; `seen` is when it was kept, in nanoseconds. What intake did not write has nothing in it."""
        match body.get("protocol"):
            case "otlp":
                self._otlp(body, session, seen)
            case "sentry":
                item = str(body.get("item", ""))
                about = {"group": body["group"]} if "group" in body else {}
                self._events([(f"sentry.{item}", row) for row in _rows(body.get(item))], about, session, seen)
            case "statsig":
                rows = [(str(row.get("eventName", "")), row) for row in _dicts(body.get("events"))]
                self._events(rows, body.get("about"), session, seen)

    def _otlp(self, body: Mapping[str, Any], session: str, seen: int) -> None:
        of_logs = body.get("signal") == "logs"
        for group in _dicts(body.get("groups")):
            scope = {key: group[name] for name, key in (("scope", "name"), ("version", "version")) if name in group}
            rows = _dicts(group.get("records"))
            resource = _resource(group.get("resource"), session)
            if of_logs:
                found = [_log(row, seen) for row in rows]
                self.logs.append({"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": found}]})
            else:
                found = [_metric(row) for row in rows if row.get("type")]
                self.metrics.append({"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": found}]})

    def _events(self, rows: Sequence[tuple[str, Mapping[str, Any]]], about: object, session: str, seen: int) -> None:
        found = []
        for name, row in rows:
            attributes = _attributes({**dict(_flat(about)), **dict(_flat(row))})
            found.append({"observedTimeUnixNano": str(seen), "eventName": name, "attributes": attributes})
        if found:
            self.logs.append({"resource": _resource({}, session), "scopeLogs": [{"logRecords": found}]})

    def requests(self, encoding: str) -> Iterator[tuple[str, bytes]]:
        """(signal, body of the request) of what there is."""
        for signal, key, rows in (("logs", "resourceLogs", self.logs), ("metrics", "resourceMetrics", self.metrics)):
            if rows and encoding == "json":
                yield signal, msgspec.json.encode({key: rows})
            elif rows:
                message = ExportLogsServiceRequest() if signal == "logs" else ExportMetricsServiceRequest()
                yield signal, ParseDict({key: [_bare(one) for one in rows]}, message).SerializeToString()


def _resource(attributes: object, session: str) -> dict[str, Any]:
    return {"attributes": _attributes({**dict(_flat(attributes)), SESSION: session})}


def _log(row: Mapping[str, Any], seen: int) -> dict[str, Any]:
    found: dict[str, Any] = {"observedTimeUnixNano": _nanos(row.get("observed")) or str(seen)}
    if time := _nanos(row.get("time")):
        found["timeUnixNano"] = time
    if isinstance(severity := row.get("severity"), int):
        found["severityNumber"] = severity
    if level := row.get("level"):
        found["severityText"] = level
    if name := row.get("name"):
        found |= {"eventName": name, "body": {"stringValue": name}}
    for key, size, under in (("trace", 32, "traceId"), ("span", 16, "spanId")):
        if len(row.get(key, "")) == size:
            found[under] = row[key]
    return {**found, "attributes": _attributes(row.get("attributes", {}))}


def _metric(row: Mapping[str, Any]) -> dict[str, Any]:
    """An exponential histogram goes out as one without buckets: its own are not kept."""
    kind = _TYPES.get(row["type"], "histogram")
    data: dict[str, Any] = {"dataPoints": [_point(row, kind)]}
    if kind in {"sum", "histogram"}:
        data["aggregationTemporality"] = _TEMPORALITY.get(row.get("temporality", 0), 0)
    if kind == "sum":
        data["isMonotonic"] = bool(row.get("monotonic"))
    return {"name": row["name"], **({"unit": row["unit"]} if "unit" in row else {}), kind: data}


def _point(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"attributes": _attributes(row.get("attributes", {}))}
    for name, key in (("time", "timeUnixNano"), ("start", "startTimeUnixNano")):
        if time := _nanos(row.get(name)):
            found[key] = time
    if kind in _OF:
        found |= {key: str(row[key]) if key == "count" else row[key] for key in _OF[kind] if key in row}
        counts, bounds = row.get("bucket_counts", []), row.get("explicit_bounds", [])
        if kind == "histogram" and len(counts) == len(bounds) + 1:
            found |= {"bucketCounts": [str(one) for one in counts], "explicitBounds": bounds}
    elif "value" in row:
        whole = isinstance(row["value"], int)
        found["asInt" if whole else "asDouble"] = str(row["value"]) if whole else row["value"]
    return found


def _nanos(value: object) -> str:
    return str(value) if isinstance(value, int) and 0 < value < 1 << 63 else ""


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key, value in list(values.items())[-MOST_ATTRIBUTES:]:
        if isinstance(value, bool):
            found.append({"key": key, "value": {"boolValue": value}})
        elif isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
            found.append({"key": key, "value": {"intValue": str(value)}})
        elif isinstance(value, int | float):
            found.append({"key": key, "value": {"doubleValue": float(value)}})
        elif isinstance(value, str):
            found.append({"key": key, "value": {"stringValue": value}})
    return found


def _flat(value: object, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(one, f"{above}.{key}" if above else str(key))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _flat(one, f"{above}.{place}")
    elif above:
        yield above, value


def _rows(value: object) -> list[dict[str, Any]]:
    """One event, or the items of one that holds several."""
    if not isinstance(value, dict):
        return []
    return _dicts(value["items"]) if "items" in value else [value]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _bare(resource: dict[str, Any]) -> dict[str, Any]:
    """Ids as protobuf's own JSON has bytes; OTLP's has them in hexadecimal."""
    for scoped in resource.get("scopeLogs", ()):
        for row in scoped["logRecords"]:
            for key in ("traceId", "spanId"):
                if key in row:
                    row[key] = base64.b64encode(bytes.fromhex(row[key])).decode()
    return resource
