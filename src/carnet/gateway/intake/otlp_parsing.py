"""OTLP requests in both of their encodings, read into one shape: (resource, scope, records) with values still unread.

JSON as OTLP's mapping has it: 64-bit numbers as text or as numbers, ids in hexadecimal, unknown fields ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from carnet.gateway.intake import otlp_lean
from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.halves import decoded_whole

if TYPE_CHECKING:
    from google.protobuf.message import Message

Pairs = Iterable[tuple[str, Any]]
Read = Callable[[Any], object]
"""The plain value of an attribute: a text, a number or a switch; None for what is none of these."""
_TEXT_NUMBER = int | str
_FLOAT = float | int | str


@dataclass(frozen=True, slots=True)
class Part:
    """What one scope of one resource reports."""

    resource: Pairs
    scope: str
    version: str
    records: Iterable[Any]
    """Logs or metrics, as their encoding has them."""


class Value(msgspec.Struct, rename="camel"):
    """An AnyValue; arrays, maps and bytes are passed over."""

    string_value: str | None = None
    int_value: _TEXT_NUMBER | None = None
    double_value: _FLOAT | None = None
    bool_value: bool | None = None


class Attribute(msgspec.Struct, rename="camel"):
    """A name and a value that nobody has looked at."""

    key: str = ""
    value: Value | None = None


class Log(msgspec.Struct, rename="camel"):
    """A log record."""

    time_unix_nano: _TEXT_NUMBER = 0
    observed_time_unix_nano: _TEXT_NUMBER = 0
    severity_number: int | str = 0
    severity_text: str = ""
    event_name: str = ""
    body: Value | None = None
    attributes: list[Attribute] = []
    trace_id: str = ""
    span_id: str = ""


class Point(msgspec.Struct, rename="camel"):
    """A point of any kind of metric; exemplars are passed over."""

    attributes: list[Attribute] = []
    start_time_unix_nano: _TEXT_NUMBER = 0
    time_unix_nano: _TEXT_NUMBER = 0
    as_int: _TEXT_NUMBER | None = None
    as_double: _FLOAT | None = None
    count: _TEXT_NUMBER | None = None
    sum: _FLOAT | None = None
    min: _FLOAT | None = None
    max: _FLOAT | None = None
    bucket_counts: list[_TEXT_NUMBER] = []
    explicit_bounds: list[_FLOAT] = []
    scale: int | None = None
    zero_count: _TEXT_NUMBER | None = None
    flags: int = 0


class Data(msgspec.Struct, rename="camel"):
    """Points of one kind of metric."""

    data_points: list[Point] = []
    aggregation_temporality: int | str = 0
    is_monotonic: bool = False


class Metric(msgspec.Struct, rename="camel"):
    """A metric; of its kinds one is there."""

    name: str = ""
    unit: str = ""
    sum: Data | None = None
    gauge: Data | None = None
    histogram: Data | None = None
    exponential_histogram: Data | None = None
    summary: Data | None = None


class _Named(msgspec.Struct, rename="camel"):
    name: str = ""
    version: str = ""


class _Resource(msgspec.Struct, rename="camel"):
    attributes: list[Attribute] = []


class _ScopeLogs(msgspec.Struct, rename="camel"):
    scope: _Named | None = None
    log_records: list[Log] = []


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] = []


class _Logs(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] = []


class _ScopeMetrics(msgspec.Struct, rename="camel"):
    scope: _Named | None = None
    metrics: list[Metric] = []


class _ResourceMetrics(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_metrics: list[_ScopeMetrics] = []


class _Metrics(msgspec.Struct, rename="camel"):
    resource_metrics: list[_ResourceMetrics] = []


TYPES = ("sum", "gauge", "histogram", "exponential_histogram", "summary")
NUMBERS = ("as_int", "as_double", "count", "sum", "min", "max", "scale", "zero_count")
LISTS = ("bucket_counts", "explicit_bounds")
"""Fields of a point, whatever it is of."""
_LOGS, _METRICS = msgspec.json.Decoder(_Logs), msgspec.json.Decoder(_Metrics)


def plain(value: Value | None) -> object:
    if value is None:
        return None
    for one in (value.string_value, value.int_value, value.double_value):
        if one is not None:
            return one
    return value.bool_value


def plain_proto(value: Any) -> object:
    which = value.WhichOneof("value")
    return getattr(value, which) if which in _SCALARS else None


_SCALARS = {"string_value", "int_value", "double_value", "bool_value"}


def json_logs(body: bytes) -> Iterator[Part]:
    for one in decoded(_LOGS, body).resource_logs:
        for scoped in one.scope_logs:
            yield _part(one.resource, scoped.scope, scoped.log_records)


def json_metrics(body: bytes) -> Iterator[Part]:
    for one in decoded(_METRICS, body).resource_metrics:
        for scoped in one.scope_metrics:
            yield _part(one.resource, scoped.scope, scoped.metrics)


def decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """A request in JSON. Raises RefusedError where it is none."""
    try:
        return decoded_whole(decoder, body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(400, "The body is no OTLP request in JSON.") from None


def _part(resource: _Resource | None, scope: _Named | None, records: Iterable[Any]) -> Part:
    pairs = json_pairs(resource.attributes if resource else [])
    return Part(pairs, scope.name if scope else "", scope.version if scope else "", records)


def json_pairs(attributes: list[Attribute]) -> Pairs:
    return [(one.key, one.value) for one in attributes]


def proto_pairs(attributes: Iterable[Any]) -> Pairs:
    return [(one.key, one.value) for one in attributes]


def proto_logs(body: bytes) -> Iterator[Part]:
    """Attributes and bodies of the records are still bytes."""
    for one in parsed(otlp_lean.Request(), body).resource_logs:
        for scoped in one.scope_logs:
            yield Part(
                proto_pairs(one.resource.attributes), scoped.scope.name, scoped.scope.version, scoped.log_records
            )


def proto_metrics(body: bytes) -> Iterator[Part]:
    for one in parsed(ExportMetricsServiceRequest(), body).resource_metrics:
        for scoped in one.scope_metrics:
            metrics = map(_metric, scoped.metrics)
            yield Part(proto_pairs(one.resource.attributes), scoped.scope.name, scoped.scope.version, metrics)


def parsed(message: Message, body: bytes) -> Any:
    """A request in protobuf. Raises RefusedError where it is none."""
    try:
        message.ParseFromString(body)
    except (DecodeError, RecursionError):
        raise RefusedError(400, otlp_lean.BROKEN) from None
    return message


def _metric(metric: Any) -> Metric:
    """A metric as JSON would have it: there are fewer of them than logs, and they have more forms."""
    found = Metric(metric.name, metric.unit)
    which = metric.WhichOneof("data")
    if which is not None:
        data = getattr(metric, which)
        temporality = getattr(data, "aggregation_temporality", 0)
        points = [_point(one) for one in data.data_points]
        setattr(found, which, Data(points, temporality, getattr(data, "is_monotonic", False)))
    return found


def _point(point: Any) -> Point:
    attributes = [Attribute(one.key, _value(one.value)) for one in point.attributes]
    found = Point(attributes, point.start_time_unix_nano, point.time_unix_nano)
    for field, value in point.ListFields():
        if field.name in NUMBERS:
            setattr(found, field.name, value)
        elif field.name in LISTS:
            setattr(found, field.name, list(value))
    return found


def _value(value: Any) -> Value | None:
    which = value.WhichOneof("value")
    return Value(**{which: getattr(value, which)}) if which in _SCALARS else None
