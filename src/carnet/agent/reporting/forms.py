"""Reports as the collector's protocols write them: OTLP in JSON, Sentry envelopes, plain JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from carnet.agent.reporting.nouns import Parcel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.agent.reporting.nouns import Agent

JSON = "application/json"
ENVELOPE = "application/x-sentry-envelope"
DELTA = 1
Attributes = tuple[tuple[str, str | int | float | bool], ...]


class Point(NamedTuple):
    """One number that was measured or counted; a tuple, as one is made at every call."""

    at: int
    """Nanoseconds since 1970."""
    name: str
    value: float
    kind: str
    """`sum`: what was counted since an instant; `gauge`: what was measured at one."""
    attributes: Attributes = ()
    since: int = 0
    """Nanoseconds; 0 means the instant itself."""


class Happened(NamedTuple):
    """Something that took place, without a number."""

    at: int
    name: str
    attributes: Attributes = ()


def metrics(points: Sequence[Point], agent: Agent) -> Parcel:
    """One OTLP request."""
    named: dict[tuple[str, str], list[dict[str, object]]] = {}
    for point in points:
        named.setdefault((point.name, point.kind), []).append(_data_point(point))
    told = [_metric(name, kind, rows) for (name, kind), rows in named.items()]
    scope = {"scope": _SCOPE, "metrics": told}
    body = {"resourceMetrics": [{"resource": _resource(agent), "scopeMetrics": [scope]}]}
    return Parcel("metrics", "/v1/metrics", JSON, _json(body))


_SCOPE = {"name": "carnet.agent"}


def _metric(name: str, kind: str, rows: list[dict[str, object]]) -> dict[str, object]:
    if kind == "gauge":
        return {"name": name, "gauge": {"dataPoints": rows}}
    return {"name": name, "sum": {"aggregationTemporality": DELTA, "isMonotonic": True, "dataPoints": rows}}


def _data_point(point: Point) -> dict[str, object]:
    return {
        "attributes": _attributes(point.attributes),
        "startTimeUnixNano": str(point.since or point.at),
        "timeUnixNano": str(point.at),
        "asDouble": point.value,
    }


def events(happened: Sequence[Happened], agent: Agent) -> Parcel:
    """One OTLP request of log records."""
    rows = [
        {
            "timeUnixNano": str(one.at),
            "severityNumber": 9,
            "body": {"stringValue": one.name},
            "attributes": _attributes((("event.name", one.name), *one.attributes)),
        }
        for one in happened
    ]
    scope = {"scope": _SCOPE, "logRecords": rows}
    body = {"resourceLogs": [{"resource": _resource(agent), "scopeLogs": [scope]}]}
    return Parcel("metrics", "/v1/logs", JSON, _json(body))


def _resource(agent: Agent) -> dict[str, object]:
    told = (("service.name", agent.name), *((("service.version", agent.version),) if agent.version else ()))
    return {"attributes": _attributes(told)}


def _attributes(pairs: Attributes) -> list[dict[str, object]]:
    return [{"key": name, "value": _value(value)} for name, value in pairs]


def _value(value: str | float | bool) -> dict[str, object]:  # noqa: FBT001 - private; a value, no switch
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def error(exceptions: Sequence[dict[str, object]], level: str, at: int, event_id: str, agent: Agent) -> Parcel:
    """One Sentry envelope."""
    instant = datetime.fromtimestamp(at / 1e9, UTC).isoformat().replace("+00:00", "Z")
    event = {
        "event_id": event_id,
        "timestamp": instant,
        "platform": "python",
        "level": level,
        **({"release": f"{agent.name}@{agent.version}"} if agent.version else {}),
        "exception": {"values": list(exceptions)},
    }
    payload = _json(event)
    head = {"event_id": event_id, "sent_at": instant}
    item = {"type": "event", "length": len(payload), "content_type": JSON}
    return Parcel("errors", "/api/1/envelope/", ENVELOPE, b"\n".join([_json(head), _json(item), payload, b""]))


def rating(given: object) -> Parcel:
    """A rating, and nothing beside it."""
    return Parcel("survey", "/api/survey", JSON, _json({"rating": given}))


def feedback(description: str, transcript: Sequence[object], scope: str) -> Parcel:
    """What a person sends with a transcript. Raises TypeError or ValueError for what JSON cannot say."""
    body = {"description": description, "transcript": list(transcript), "scope": scope}
    return Parcel("feedback", "/api/feedback", JSON, _json(body))


def share(transcript: Sequence[object]) -> Parcel:
    """A transcript that a person agreed to share. Raises TypeError or ValueError for what JSON cannot say."""
    return Parcel(
        "transcript-share", "/api/transcript-share", JSON, _json({"consent": "yes", "transcript": list(transcript)})
    )


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
