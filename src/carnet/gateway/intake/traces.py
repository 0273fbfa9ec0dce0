"""OTLP's traces: exporters of logs and metrics send them too. None is kept, for no rule is about any; they are counted.

The answer is success: exporters would log an error for each batch, or send it again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from carnet.gateway.intake import otlp, otlp_parsing
from carnet.gateway.intake.contract import Endpoint, Reply, Taken
from carnet.gateway.intake.sifting import Tally

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Asked, Means

SPANS = "otlp.spans"
"""What they are counted as, among the fields that no list names."""


class _ScopeSpans(msgspec.Struct, rename="camel"):
    spans: list[msgspec.Raw] = []


class _ResourceSpans(msgspec.Struct, rename="camel"):
    scope_spans: list[_ScopeSpans] = []


class _Traces(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] = []


_TRACES = msgspec.json.Decoder(_Traces)


def take(asked: Asked, body: bytes, means: Means) -> Taken:
    del means
    if otlp.is_protobuf(asked):
        return counted(proto_spans(body), Reply(200, b"", otlp.PROTOBUF))
    return counted(json_spans(body), Reply(200, b"{}"))


def counted(spans: int, reply: Reply) -> Taken:
    """Nothing of them, but how many there were."""
    return Taken(reply, dropped=Tally(Counter({SPANS: spans})) if spans else None)


def json_spans(body: bytes) -> int:
    """How many spans there are. Raises RefusedError for what is no request at all."""
    found: _Traces = otlp_parsing.decoded(_TRACES, body)
    return sum(len(scoped.spans) for one in found.resource_spans for scoped in one.scope_spans)


def proto_spans(body: bytes) -> int:
    """The same of a message in protobuf."""
    found = otlp_parsing.parsed(ExportTraceServiceRequest(), body)
    return sum(len(scoped.spans) for one in found.resource_spans for scoped in one.scope_spans)


TRACES = Endpoint("otlp", otlp.texts, take, otlp.refuse)
