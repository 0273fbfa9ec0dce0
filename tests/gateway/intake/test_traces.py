"""Traces: answered with success, counted, and never kept."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from carnet.gateway.intake import grpc, otlp, traces
from carnet.gateway.intake.contract import RefusedError
from tests.gateway.intake.ground import CANARY, asked, written
from tests.gateway.intake.test_grpc import packed
from tests.records.kept import ACME

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.intake.contract import Means
    from tests.gateway.intake.ground import Ground


def spans(number: int) -> dict[str, object]:
    named = [{"name": f"{CANARY} {at}", "attributes": [{"key": CANARY}]} for at in range(number)]
    return {"resourceSpans": [{"scopeSpans": [{"spans": named[:1]}, {"spans": named[1:]}]}, {}]}


def encoded(number: int, encoding: str) -> bytes:
    if encoding == otlp.JSON:
        return json.dumps(spans(number)).encode()
    return json_format.ParseDict(spans(number), ExportTraceServiceRequest()).SerializeToString()


@pytest.mark.parametrize(("encoding", "body"), [(otlp.JSON, b"{}"), (otlp.PROTOBUF, b"")])
def test_spans_are_answered_with_success_counted_and_dropped(
    ground: Ground, encoding: str, body: bytes, data: Path
) -> None:
    reply = ground.post("/v1/traces", encoded(3, encoding), headers={"content-type": encoding})
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, body, encoding)
    headers = {"content-type": encoding, "content-encoding": "gzip"}
    assert ground.post("/v1/traces", gzip.compress(encoded(2, encoding)), headers=headers).status_code == 200
    assert ground.kept() == []
    assert ground.counted("otlp") == {"dropped:otlp.spans": 5}
    assert CANARY.encode() not in written(data)


def test_of_an_organisation_with_zero_data_retention_not_even_the_number_is_kept(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    headers = {"content-type": otlp.JSON}
    assert ground.post("/v1/traces", encoded(3, otlp.JSON), headers=headers).status_code == 200
    assert ground.counted("otlp") == {}


def test_they_are_taken_over_grpc_too(means: Means) -> None:
    taken = grpc.take_traces(asked(), packed(encoded(4, otlp.PROTOBUF)), means)
    assert (taken.items, taken.dropped and taken.dropped.all()) == ((), {traces.SPANS: 4})
    assert (taken.reply.body, taken.reply.headers) == (b"\x00\x00\x00\x00\x00", (("grpc-status", "0"),))
    assert any(name.endswith("TraceService/Export") for name in grpc.METHODS)


@pytest.mark.parametrize("encoding", [otlp.JSON, otlp.PROTOBUF])
def test_what_are_no_traces_is_refused_and_an_empty_request_is_none(
    ground: Ground, encoding: str, means: Means
) -> None:
    for body in (b"\xff\xff\xff", b'{"resourceSpans": {}}'):
        with pytest.raises(RefusedError) as refused:
            traces.take(asked(content_type=encoding), body, means)
        assert refused.value.status == 400
    assert traces.take(asked(content_type=encoding), encoded(0, encoding), means).dropped is None
    assert ground.client.post("/v1/traces", content=b"").status_code == 401
