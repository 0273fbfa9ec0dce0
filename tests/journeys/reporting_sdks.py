"""A program of its own that reports by unmodified SDKs: python reporting_sdks.py KEY WEB-PORT GRPC-PORT CANARY [CA].

With the file of an authority it reports over TLS, believes nobody else, and compresses nothing that it need not.

Wherever an SDK carries something of its host program (a message, a local variable, a line of source, an attribute, a
user, a path, a key), there is the canary.
"""

# ruff: noqa: T201
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import sentry_sdk
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from statsig import StatsigEvent, StatsigOptions, StatsigUser, statsig

KEY, WEB, GRPC, CANARY = sys.argv[1:5]
CA = sys.argv[5] if len(sys.argv) > 5 else ""
HOST = f"{'https' if CA else 'http'}://127.0.0.1:{WEB}"
CALLS: dict[str, Any] = {"insecure": not CA, "endpoint": f"127.0.0.1:{GRPC}"}
if CA:
    CALLS["credentials"] = grpc.ssl_channel_credentials(Path(CA).read_bytes())
TRUSTED: dict[str, Any] = {"certificate_file": CA} if CA else {}
HEADERS = {"authorization": f"Bearer {KEY}"}
RESOURCE = Resource({"service.name": "agent", "host.name": CANARY, "process.command_line": f"/home/{CANARY}/run"})


def errors() -> None:
    sentry_sdk.init(
        HOST.replace("//", f"//{KEY}@") + "/1", traces_sample_rate=1.0, server_name=CANARY, ca_certs=CA or None
    )
    sentry_sdk.set_user({"email": f"{CANARY}@x.test", "id": CANARY})
    sentry_sdk.set_tag("path", f"/home/{CANARY}/app.py")
    sentry_sdk.add_breadcrumb(message=CANARY, data={"url": CANARY})
    with sentry_sdk.start_transaction(op="task", name=CANARY):
        try:
            fail(f"please fix {CANARY}")
        except ValueError:
            sentry_sdk.capture_exception()
    sentry_sdk.capture_message(f"in /home/{CANARY}/app.py")
    sentry_sdk.flush(10)


def fail(prompt: str) -> None:
    secret_local = f"sk-ant-api03-{CANARY}{CANARY}{CANARY}"
    raise ValueError(f"could not parse {prompt} with {len(secret_local)}")  # CANARY-in-source-9f3a7c


def logs_and_metrics() -> None:
    tuples = tuple(HEADERS.items())
    for packed in (None,) if CA else (None, grpc.Compression.Gzip):
        log(GrpcLogs(headers=tuples, compression=packed, **CALLS))
        measure(GrpcMetrics(headers=tuples, compression=packed, **CALLS))
    for coding in (Compression.NoCompression,) if CA else Compression:
        log(HttpLogs(f"{HOST}/v1/logs", headers=HEADERS, compression=coding, **TRUSTED))
        measure(HttpMetrics(f"{HOST}/v1/metrics", headers=HEADERS, compression=coding, **TRUSTED))


def spans() -> None:
    for exporter in (
        GrpcSpans(headers=tuple(HEADERS.items()), **CALLS),
        HttpSpans(f"{HOST}/v1/traces", headers=HEADERS, **TRUSTED),
    ):
        provider = TracerProvider(resource=RESOURCE)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with provider.get_tracer(CANARY).start_as_current_span(f"edit /home/{CANARY}", attributes={CANARY: CANARY}):
            pass
        provider.shutdown()


def log(exporter: GrpcLogs | HttpLogs) -> None:
    provider = LoggerProvider(RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    attributes: dict[str, Any] = {
        "model": "claude-x",
        "prompt": CANARY,
        "file_path": f"/home/{CANARY}",
        CANARY: CANARY,
        "n": 1,
    }
    provider.get_logger(CANARY).emit(body=f"edit {CANARY}", event_name="agent.event", attributes=attributes)
    provider.shutdown()


def measure(exporter: GrpcMetrics | HttpMetrics) -> None:
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)], RESOURCE)
    meter = provider.get_meter("agent")
    meter.create_counter("agent.tokens", description=CANARY).add(3, {"type": "input", "prompt": CANARY})
    meter.create_histogram("agent.seconds").record(1.5, {CANARY: CANARY})
    provider.shutdown()


def events() -> None:
    statsig.initialize(f"secret-{KEY}", StatsigOptions(api=f"{HOST}/v1/"))
    user = StatsigUser(CANARY, email=f"{CANARY}@x.test", custom={"a": CANARY}, private_attributes={"b": CANARY})
    metadata = {"path": f"/home/{CANARY}", "count": 3}
    statsig.log_event(StatsigEvent(user, "agent_event", value=2, metadata=metadata))
    statsig.shutdown()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    errors()
    logs_and_metrics()
    spans()
    events()
    print("done")
