"""Records whose attributes are read once for each that differs: what is dropped stays so, and lies are refused."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from carnet.gateway.intake import otlp, otlp_lean
from carnet.gateway.intake.allow import allow_of
from carnet.gateway.intake.contract import Means, RefusedError
from carnet.gateway.intake.prints import Prints
from tests.gateway.intake.ground import CANARY, asked

MEANS = Means(allow_of(), Prints.under(b"k" * 32), "2026-04-23")


def request(count: int) -> ExportLogsServiceRequest:
    message = ExportLogsServiceRequest()
    scoped = message.resource_logs.add().scope_logs.add()
    for number in range(count):
        record = scoped.log_records.add(time_unix_nano=number, severity_text="INFO")
        record.body.string_value = f"{CANARY} {number}" if number % 2 else "claude_code.tool_result"
        record.attributes.add(key="model").value.string_value = "claude-opus-4-8"
        record.attributes.add(key="event.sequence").value.int_value = number
        record.attributes.add(key="prompt").value.string_value = CANARY
        record.attributes.add(key=f"{CANARY}.{number % 3}").value.string_value = "a"
    return message


def taken(body: bytes) -> tuple[bytes, dict[str, int]]:
    found = otlp.take_logs(asked("/v1/logs", content_type=otlp.PROTOBUF), body, MEANS)
    return b"".join(item.body for item in found.items), dict(found.dropped.all() if found.dropped else {})


def test_what_is_dropped_is_counted_as_often_as_it_was_there() -> None:
    kept, dropped = taken(request(6).SerializeToString())
    assert dropped == {"otlp.logs.body": 3, "otlp.logs.attributes.prompt": 6, "otlp.logs.attributes.*": 6}
    assert kept.count(b"claude-opus-4-8") == 6
    assert CANARY.encode() not in kept


def test_more_that_differ_than_are_remembered_are_read_all_the_same() -> None:
    count = otlp_lean.MOST_KNOWN + 9
    kept, dropped = taken(request(count).SerializeToString())
    assert dropped["otlp.logs.attributes.prompt"] == count
    assert b'"event.sequence":%d' % (count - 1) in kept


def test_nothing_more_is_remembered_than_there_is_room_for() -> None:
    known = otlp_lean.Remembered(len)
    assert [known[b"x" * number] for number in range(otlp_lean.MOST_KNOWN + 9)][-1] == otlp_lean.MOST_KNOWN + 8
    assert len(known) == otlp_lean.MOST_KNOWN


@pytest.mark.parametrize("part", ["attributes", "body"])
def test_a_record_whose_parts_are_no_messages_is_refused_whole(part: str) -> None:
    record = b"\x08\x01" if part == "attributes" else b"\x08\xff"
    for lie in (b"\x0a\x7fabc", b"\xff\xff\xff", record + b"\x0a\x09a"):
        field = (b"\x32" if part == "attributes" else b"\x2a") + bytes([len(lie)]) + lie
        body = field
        for tag in (b"\x12", b"\x12", b"\x0a"):
            body = tag + bytes([len(body)]) + body
        with pytest.raises(RefusedError) as refused:
            taken(body)
        assert refused.value.status == 400


def test_parts_read_as_they_were_written() -> None:
    key, value = otlp_lean.attribute(KeyValue(key="k", value=AnyValue(int_value=5)).SerializeToString())
    assert (key, value.int_value) == ("k", 5)
    assert otlp_lean.value(AnyValue(string_value="b").SerializeToString()).string_value == "b"
    assert otlp_lean.value(b"").WhichOneof("value") is None
