"""OTLP over HTTP: kept by session as the list has it, answered as exporters expect."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from carnet.gateway.intake import otlp
from carnet.gateway.intake.contract import RefusedError
from tests.gateway.intake.ground import CANARY, asked, written
from tests.records.kept import ACME

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.intake.contract import Means
    from tests.gateway.intake.ground import Ground

SESSION = "d0d0d0d0-aaaa-4bbb-8ccc-121212121212"
OTHER = "e0e0e0e0-aaaa-4bbb-8ccc-121212121212"


def pairs(values: dict[str, object]) -> list[dict[str, object]]:
    names: dict[type, str] = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}
    return [{"key": key, "value": {names[type(value)]: value}} for key, value in values.items()]


def log(session: str = SESSION, **more: object) -> dict[str, object]:
    """An event as Claude Code logs it, with a canary wherever it may leak."""
    attributes = {
        "user.id": CANARY, "session.id": session, "event.name": "api_request", "model": "claude-sonnet-4-20250514",
        "input_tokens": "12", "cost_usd": 0.25, "prompt": CANARY, "tool_parameters": CANARY, "file_path": CANARY,
        "user.email": CANARY, "error": CANARY, "terminal.type": f"/dev/{CANARY}", "success": "true", CANARY: 1,
    }  # fmt: skip
    return {
        "timeUnixNano": "1790000000000000000", "severityNumber": 9, "severityText": "INFO",
        "body": {"stringValue": "claude_code.api_request"}, "attributes": pairs({**attributes, **more}),
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
    }  # fmt: skip


def logs(*records: dict[str, object]) -> dict[str, Any]:
    about = pairs({"service.name": "claude-code", "service.version": "2.1.197", "host.name": CANARY})
    scope = {"name": "com.anthropic.claude_code.events", "version": "2.1.197"}
    return {
        "resourceLogs": [{"resource": {"attributes": about}, "scopeLogs": [{"scope": scope, "logRecords": records}]}]
    }


def metrics(*found: dict[str, object]) -> dict[str, Any]:
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": found}]}]}


def counter(name: str = "claude_code.token.usage", **more: object) -> dict[str, object]:
    point = {
        "asDouble": 5, "timeUnixNano": "9", "startTimeUnixNano": "1",
        "attributes": pairs({"session.id": SESSION, "type": "input", "user.account_uuid": CANARY, **more}),
        "exemplars": [{"filteredAttributes": pairs({"prompt": CANARY}), "asInt": "1"}],
    }  # fmt: skip
    data = {"dataPoints": [point], "aggregationTemporality": 1, "isMonotonic": True}
    return {"name": name, "unit": "tokens", "description": CANARY, "sum": data}


def sent(ground: Ground, path: str, tree: dict[str, Any], encoding: str, coding: str = "") -> Any:
    """The tree in one of both encodings."""
    request = ExportLogsServiceRequest() if path.endswith("logs") else ExportMetricsServiceRequest()
    body = json.dumps(tree).encode()
    if encoding == otlp.PROTOBUF:
        plain = json_format.ParseDict(_as_proto(tree), request)
        body = plain.SerializeToString()
    headers = {"content-type": encoding}
    if coding:
        body, headers["content-encoding"] = gzip.compress(body), coding
    return ground.post(path, body, headers=headers)


def _as_proto(tree: dict[str, Any]) -> dict[str, Any]:
    """OTLP's JSON has ids in hexadecimal, protobuf's own mapping in base64: without them."""
    text = json.loads(json.dumps(tree))
    for resource in text.get("resourceLogs", []):
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                record.pop("traceId", None)
                record.pop("spanId", None)
    return text  # type: ignore[no-any-return]


@pytest.mark.parametrize("encoding", [otlp.JSON, otlp.PROTOBUF])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_log_is_kept_as_the_list_has_it_and_no_more(ground: Ground, encoding: str, coding: str, data: Path) -> None:
    reply = sent(ground, "/v1/logs", logs(log()), encoding, coding)
    assert (reply.status_code, reply.headers["content-type"]) == (200, encoding)
    assert reply.content == (b"{}" if encoding == otlp.JSON else b"")
    (body,) = ground.kept("metric")
    (group,) = body["groups"]
    assert group["resource"] == {"service.name": "claude-code", "service.version": "2.1.197"}
    (row,) = group["records"]
    assert (row["time"], row["name"]) == (1790000000000000000, "claude_code.api_request")
    assert row["attributes"] == {
        "session.id": SESSION, "event.name": "api_request", "model": "claude-sonnet-4-20250514", "input_tokens": 12,
        "cost_usd": 0.25, "success": True,
    }  # fmt: skip
    assert CANARY.encode() not in written(data)
    assert CANARY not in json.dumps(ground.counted("otlp"))
    assert ground.counted("otlp")["dropped:otlp.logs.attributes.prompt"] == 1


@pytest.mark.parametrize("encoding", [otlp.JSON, otlp.PROTOBUF])
def test_a_metric_is_kept_as_the_list_has_it_and_no_more(ground: Ground, encoding: str, data: Path) -> None:
    assert sent(ground, "/v1/metrics", metrics(counter()), encoding).status_code == 200
    (body,) = ground.kept("metric")
    assert body["groups"][0]["records"] == [
        {
            "name": "claude_code.token.usage", "type": "sum", "unit": "tokens", "temporality": 1, "monotonic": True,
            "time": 9, "start": 1, "value": 5, "attributes": {"session.id": SESSION, "type": "input"},
        }
    ]  # fmt: skip
    assert CANARY.encode() not in written(data)


def test_what_is_reported_lies_under_its_session_and_is_deleted_with_it(ground: Ground) -> None:
    sent(ground, "/v1/logs", logs(log(), log(OTHER), log(), log("/no/session")), otlp.JSON)
    names = sorted(one.session.name for one in ground.shelf.everything())
    assert names == sorted([SESSION, OTHER, "no session, 2026-04-01"])
    ground.shelf.erase(session=SESSION)
    assert SESSION not in json.dumps(ground.kept())


def test_a_batch_that_is_sent_again_is_kept_once(ground: Ground) -> None:
    for _ in range(3):
        assert sent(ground, "/v1/metrics", metrics(counter()), otlp.JSON).status_code == 200
    assert len(ground.kept()) == 1
    assert ground.counted("metrics") == {"kept": 1, "repeated": 2}


@pytest.mark.parametrize("encoding", [otlp.JSON, otlp.PROTOBUF])
def test_names_that_could_be_anything_are_told_as_partial_success(ground: Ground, encoding: str) -> None:
    tree = metrics(counter(), counter(f"see /home/{CANARY}/x.py"))
    reply = sent(ground, "/v1/metrics", tree, encoding)
    assert reply.status_code == 200
    if encoding == otlp.JSON:
        told = reply.json()["partialSuccess"]
        assert told["rejectedDataPoints"] == "1"
    else:
        answer = ExportMetricsServiceResponse.FromString(reply.content)
        assert answer.partial_success.rejected_data_points == 1
    assert CANARY not in reply.text
    assert len(ground.kept()[0]["groups"][0]["records"]) == 1


def test_sessions_beyond_the_bound_are_rejected_and_told(means: Means) -> None:
    records = [log(f"{number:08x}-aaaa-4bbb-8ccc-121212121212") for number in range(otlp.MOST_SESSIONS + 7)]
    taken = otlp.take_logs(asked(content_type=otlp.JSON), json.dumps(logs(*records)).encode(), means)
    assert len(taken.items) == otlp.MOST_SESSIONS
    assert json.loads(taken.reply.body)["partialSuccess"]["rejectedLogRecords"] == "7"
    assert ExportLogsServiceResponse.FromString(otlp.partial(300)).partial_success.rejected_log_records == 300


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_an_empty_request_is_a_success(ground: Ground, body: bytes) -> None:
    media = otlp.JSON if body else otlp.PROTOBUF
    assert ground.post("/v1/logs", body, headers={"content-type": media}).status_code == 200
    assert ground.kept() == []


@pytest.mark.parametrize("media", ["", "text/plain", "application/grpc", "application/x-ndjson"])
def test_another_content_type_is_refused(ground: Ground, media: str) -> None:
    assert ground.post("/v1/logs", b"{}", headers={"content-type": media}).status_code == 415


@pytest.mark.parametrize(("media", "body"), [(otlp.JSON, b"x"), (otlp.PROTOBUF, b"\xff\xff"), (otlp.JSON, b"[")])
def test_what_cannot_be_read_is_refused_as_a_status(ground: Ground, media: str, body: bytes) -> None:
    reply = ground.post("/v1/metrics", body, headers={"content-type": media})
    assert (reply.status_code, reply.headers["content-type"]) == (400, media)
    assert (reply.content[:2] == b"\x08\x03") == (media == otlp.PROTOBUF)


def test_thousands_of_names_of_attributes_are_one_count(ground: Ground) -> None:
    many: dict[str, Any] = {f"k{number}": number for number in range(20_000)}
    assert sent(ground, "/v1/logs", logs(log(**many)), otlp.JSON, "gzip").status_code == 200
    assert ground.counted("otlp")["dropped:otlp.logs.attributes.*"] == 20_001
    assert len(ground.counted("otlp")) < 15


def test_clocks_that_are_wrong_keep_nothing_longer(ground: Ground) -> None:
    for time in ("0", "99999999999999999999", str(1 << 63), -5):
        sent(ground, "/v1/logs", logs({**log(), "timeUnixNano": time}), otlp.JSON)
    assert {one.created for one in ground.shelf.everything()} == {ground.shelf.now}


def test_zero_retention_is_answered_as_if_it_were_kept(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    reply = sent(ground, "/v1/logs", logs(log()), otlp.PROTOBUF)
    assert (reply.status_code, reply.content) == (200, b"")
    assert ground.kept() == []


def test_a_provider_whose_clients_report_nothing_by_default_is_heeded(ground: Ground) -> None:
    body = json.dumps(logs(log())).encode()
    for provider in ("bedrock", "Vertex", "foundry"):
        headers = {"content-type": otlp.JSON, "x-carnet-provider": provider}
        assert ground.post("/v1/logs", body, headers=headers).status_code == 200
    assert ground.kept() == []
    assert ground.counted("metrics") == {"forbidden:provider-default": 3}
    ground.post("/v1/logs", body, headers={"content-type": otlp.JSON, "x-carnet-provider": "anthropic"})
    assert ground.shelf.everything()[0].lane.provider == "anthropic"


def test_overload_is_what_exporters_send_again_after() -> None:
    reply = otlp.refuse(asked(content_type=otlp.PROTOBUF), RefusedError(503, "Away.", 2))
    assert (reply.status, dict(reply.headers), reply.media) == (503, {"Retry-After": "2"}, otlp.PROTOBUF)
    assert json.loads(otlp.refuse(asked(), RefusedError(401, "No.")).body) == {"code": 16, "message": "No."}


def test_numbers_are_written_as_protobuf_has_them() -> None:
    assert [otlp.varint(value) for value in (0, 127, 128, 300)] == [b"\x00", b"\x7f", b"\x80\x01", b"\xac\x02"]


def test_the_key_may_be_in_either_header() -> None:
    assert otlp.texts(asked(authorization="Bearer a", x_api_key="b")) == ["Bearer a", "b"]
