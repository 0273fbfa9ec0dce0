"""OTLP over gRPC: what a message is, and how exporters are spoken to."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from carnet.gateway.intake import grpc
from carnet.gateway.intake.contract import Means, RefusedError
from tests.gateway.intake.ground import CANARY, asked
from tests.gateway.intake.test_otlp import _as_proto, counter, log, logs, metrics


def packed(message: bytes, coding: str = "") -> bytes:
    data = gzip.compress(message) if coding else message
    return bytes([bool(coding)]) + len(data).to_bytes(4, "big") + data


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_logs_and_metrics_are_kept_as_over_http(means: Means, coding: str) -> None:
    request = asked(grpc_encoding=coding or "identity")
    message = json_format.ParseDict(_as_proto(logs(log())), ExportLogsServiceRequest()).SerializeToString()
    taken = grpc.take_logs(request, packed(message, coding), means)
    assert json.loads(taken.items[0].body)["signal"] == "logs"
    assert CANARY not in taken.items[0].body.decode()
    assert (taken.reply.body, taken.reply.headers) == (b"\x00\x00\x00\x00\x00", (("grpc-status", "0"),))
    found = json_format.ParseDict(metrics(counter(), counter("/x.py")), ExportMetricsServiceRequest())
    taken = grpc.take_metrics(request, packed(found.SerializeToString(), coding), means)
    answer = ExportMetricsServiceResponse.FromString(taken.reply.body[5:])
    assert answer.partial_success.rejected_data_points == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"\x00\x00\x00\x00", b"\x00\x00\x00\x00\x01", b"\x00\x00\x00\x00\x00\x00", b"\x02\x00\x00\x00\x00",
     b"\x00\xff\xff\xff\xff", b"\x01\x00\x00\x00\x03abc", packed(b"") * 2],
)  # fmt: skip
def test_a_prefix_that_lies_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        grpc.message_of(asked(grpc_encoding="gzip"), body)
    assert refused.value.status == 400


def test_a_bomb_and_another_coding_are_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        grpc.message_of(asked(grpc_encoding="gzip"), packed(bytes(grpc.MOST + 1), "gzip"))
    assert refused.value.status == 413
    with pytest.raises(RefusedError) as refused:
        grpc.message_of(asked(grpc_encoding="snappy"), packed(b"x", "gzip"))
    assert refused.value.status == 415


def test_another_method_is_not_implemented(means: Means) -> None:
    assert grpc.OTHER.take is not None
    with pytest.raises(RefusedError) as refused:
        grpc.OTHER.take(asked(), b"", means)
    assert dict(grpc.refuse(asked(), refused.value).headers)["grpc-status"] == str(grpc.UNIMPLEMENTED)


def test_overload_says_when_to_come_back() -> None:
    headers = dict(grpc.refuse(asked(), RefusedError(503, "Away.", 5)).headers)
    assert headers["grpc-status"] == "14"
    told = base64.b64decode(headers["grpc-status-details-bin"] + "==")
    assert b"google.rpc.RetryInfo" in told
    assert told.endswith(b"\x0a\x02\x08\x05")
    assert told == base64.b64decode(grpc.details(14, RefusedError(503, "Away.", 5)) + "==")


def test_a_refusal_that_waiting_does_not_help_is_none_that_exporters_send_again() -> None:
    sent_again = {"1", "4", "8", "10", "11", "14", "15"}
    for status in (400, 401, 403, 413, 415, 422):
        assert dict(grpc.refuse(asked(), RefusedError(status, "No.")).headers)["grpc-status"] not in sent_again
    assert grpc.framed(b"ab") == b"\x00\x00\x00\x00\x02ab"
