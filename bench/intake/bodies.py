"""What is sent: errors as sentry-sdk packs them, and batches of log records as Claude Code's own exporter does."""

from __future__ import annotations

import gzip
import json
import random
import struct
import uuid
from typing import TYPE_CHECKING

import sentry_sdk
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from sentry_sdk.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentry_sdk.envelope import Envelope

BATCH = 512
"""Log records in one request: the default of OpenTelemetry's batch processor."""
_NANOS = 1_776_902_400_000_000_000
_RESOURCE = {
    "service.name": "claude-code", "service.version": "2.1.0", "os.type": "linux", "host.arch": "arm64",
    "host.name": "ann-laptop",
}  # fmt: skip


_WORDS = (
    "read",
    "write",
    "parse",
    "render",
    "load",
    "store",
    "order",
    "user",
    "cart",
    "page",
    "query",
    "cache",
    "event",
)


class _Taker(Transport):
    taken: list[bytes]

    def capture_envelope(self, envelope: Envelope) -> None:
        self.taken.append(envelope.serialize())


def _fall(depth: int, question: str) -> int:
    answer = {"question": question, "left": depth}
    return _fall(depth - 1, question) + 1 if depth else int(f"{answer} is no number")


def event() -> bytes:
    """One envelope as the SDK for Python packs it before it compresses it, local variables and all."""
    taker = _Taker()
    taker.taken = []
    client = sentry_sdk.Client(
        dsn="http://key@127.0.0.1/1", transport=taker, release="bench@1.2.3", default_integrations=False
    )
    try:
        _fall(6, "how long is a piece of string?")
    except ValueError as error:
        said, hint = sentry_sdk.utils.event_from_exception(error, client_options=client.options)
        client.capture_event(said, hint=hint)
    return taker.taken[0]


def different(count: int) -> list[bytes]:
    """The same of errors of which no two have a frame in common."""
    plain, chance = event(), random.Random(7)
    head, _, said = plain.rstrip(b"\n").split(b"\n")
    found, bodies = json.loads(said), []
    for _ in range(count):
        had, found["event_id"] = found["event_id"].encode(), f"{chance.getrandbits(128):032x}"
        head = head.replace(had, found["event_id"].encode())
        for frame in found["exception"]["values"][0]["stacktrace"]["frames"]:
            name = f"{chance.choice(_WORDS)}_{chance.choice(_WORDS)}_{chance.randrange(1000)}"
            frame.update(function=name, lineno=chance.randrange(1, 5000), module=f"app.{chance.choice(_WORDS)}")
        text = json.dumps(found, separators=(",", ":")).encode()
        item = json.dumps({"type": "event", "content_type": "application/json", "length": len(text)}).encode()
        bodies.append(gzip.compress(b"\n".join([head, item, text, b""]), 6))
    return bodies


def events(count: int) -> list[bytes]:
    """Compressed envelopes, each with an id of its own."""
    plain = event()
    had = json.loads(plain.partition(b"\n")[0])["event_id"].encode()
    ids = random.Random(6)
    return [gzip.compress(plain.replace(had, b"%032x" % ids.getrandbits(128)), 6) for _ in range(count)]


def logs(count: int) -> list[bytes]:
    """Protobuf requests of a batch each, from eight sessions; each body differs."""
    kinds = [_batch(seed) for seed in range(8)]
    place = struct.pack("<Q", _NANOS)
    return [kinds[at % 8].replace(place, struct.pack("<Q", _NANOS + 10**10 + at), 1) for at in range(count)]


def _batch(seed: int) -> bytes:
    chance = random.Random(seed)
    session = str(uuid.UUID(int=chance.getrandbits(128)))
    request = ExportLogsServiceRequest()
    part = request.resource_logs.add()
    _attributes(part.resource, _RESOURCE)
    scoped = part.scope_logs.add()
    scoped.scope.name, scoped.scope.version = "com.anthropic.claude_code.events", "2.1.0"
    for at in range(BATCH):
        record = scoped.log_records.add()
        record.time_unix_nano, record.observed_time_unix_nano = _NANOS + at * 1000, _NANOS + at * 1000 + 5
        record.body.string_value = "claude_code.tool_result"
        _attributes(record, _claude_code(session, at, chance))
    return bytes(request.SerializeToString())


def _claude_code(session: str, at: int, chance: random.Random) -> dict[str, str | int]:
    tool = chance.choice(["Bash", "Read", "Edit", "Write", "Grep"])
    return {
        "session.id": session, "user.id": "5f" * 32, "organization.id": session, "user.email": "ann@acme.example",
        "terminal.type": "vscode", "event.name": "tool_result", "event.timestamp": f"2026-04-23T10:00:00.{at:03d}Z",
        "event.sequence": at, "tool_name": tool, "success": chance.choice(["true", "false"]),
        "duration_ms": chance.randrange(5000), "tool_result_size_bytes": chance.randrange(100_000),
        "tool_parameters": json.dumps({"command": f"make check-{at}"}),
    }  # fmt: skip


def _attributes(holder: object, values: dict[str, str | int] | dict[str, str]) -> None:
    for key, value in values.items():
        one = holder.attributes.add()  # type: ignore[attr-defined]
        one.key = key
        if isinstance(value, str):
            one.value.string_value = value
        else:
            one.value.int_value = value


def packed(bodies: Sequence[bytes]) -> bytes:
    """Bodies as the load reads them: each behind its length, written out in ten digits."""
    return b"".join(b"%010d" % len(one) + one for one in bodies)
