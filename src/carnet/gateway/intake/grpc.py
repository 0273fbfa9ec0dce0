"""OTLP over gRPC: a method for each signal, one message each way, as endpoints of intake."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet.gateway.intake import otlp, otlp_parsing, traces
from carnet.gateway.intake.bodies import decoded
from carnet.gateway.intake.contract import Endpoint, RefusedError, Reply, Taken
from carnet.gateway.intake.otlp import texts, varint
from carnet.gateway.intake.prints import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.gateway.intake.contract import Asked, Means
    from carnet.gateway.intake.otlp import Batch

MEDIA = "application/grpc"
MOST = 8 << 20
PREFIX = 5
"""Bytes before a message: whether it is compressed, and its length."""
UNIMPLEMENTED = 12
_CODES = {400: 3, 401: 16, 403: 7, 405: 12, 408: 4, 413: 3, 415: 12, 422: 3, 500: 13}
"""HTTP status -> code of gRPC. What is too long is an invalid argument: exporters send again what ran out of room."""
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"


def take_logs(asked: Asked, body: bytes, means: Means) -> Taken:
    return _taken(asked, body, lambda message: otlp.logs(otlp_parsing.proto_logs(message), means, proto=True))


def take_metrics(asked: Asked, body: bytes, means: Means) -> Taken:
    return _taken(asked, body, lambda message: otlp.metrics(otlp_parsing.proto_metrics(message), means, proto=True))


def take_traces(asked: Asked, body: bytes, means: Means) -> Taken:
    del means
    return traces.counted(traces.proto_spans(message_of(asked, body)), _done())


def _taken(asked: Asked, body: bytes, sift: Callable[[bytes], Batch]) -> Taken:
    batch = sift(message_of(asked, body))
    reply = _done(otlp.partial(batch.rejected))
    return Taken(reply, batch.items(digest_of(body)), batch.sieve.tally)


def _done(message: bytes = b"") -> Reply:
    return Reply(200, framed(message), MEDIA, (("grpc-status", "0"),))


def message_of(asked: Asked, body: bytes) -> bytes:
    """The one message of a call, decompressed. Raises RefusedError where its prefix and what follows differ."""
    if len(body) < PREFIX or body[0] > 1 or int.from_bytes(body[1:PREFIX], "big") != len(body) - PREFIX:
        raise RefusedError(400, "The call is not one message of the length its prefix says.")
    coding = asked.headers.get("grpc-encoding", "identity") if body[0] else "identity"
    if coding not in {"identity", "gzip", "deflate"}:
        raise RefusedError(415, "The message is compressed by none of gzip and deflate.")
    return decoded(body[PREFIX:], coding, MOST)


def framed(message: bytes) -> bytes:
    return b"\x00" + len(message).to_bytes(4, "big") + message


def refuse(asked: Asked, error: RefusedError) -> Reply:
    """UNAVAILABLE with RetryInfo is what exporters wait for and send again."""
    del asked
    code = 14 if error.after else _CODES.get(error.status, 2)
    headers = [("grpc-status", str(code)), ("grpc-message", quote(error.sentence, safe=" ,.;:()/=-"))]
    if error.after:
        headers.append(("grpc-status-details-bin", details(code, error)))
    return Reply(200, b"", MEDIA, tuple(headers))


def details(code: int, error: RefusedError) -> str:
    """google.rpc.Status with a RetryInfo in it."""
    delay = b"\x08" + varint(error.after)
    info = b"\x0a" + varint(len(delay)) + delay
    packed = b"\x0a" + varint(len(_RETRY_INFO)) + _RETRY_INFO + b"\x12" + varint(len(info)) + info
    told = otlp.status(code, error.sentence) + b"\x1a" + varint(len(packed)) + packed
    return base64.b64encode(told).decode().rstrip("=")


def _nothing(asked: Asked, body: bytes, means: Means) -> Taken:
    del asked, body, means
    raise RefusedError(415, "There is no such method here: logs, metrics and traces are taken.")


def _endpoint(take: Callable[[Asked, bytes, Means], Taken]) -> Endpoint:
    return Endpoint("otlp-grpc", texts, take, refuse, most=MOST + PREFIX, wrapped=True)


_SERVICE = "/opentelemetry.proto.collector"
METHODS = {
    f"{_SERVICE}.logs.v1.LogsService/Export": _endpoint(take_logs),
    f"{_SERVICE}.metrics.v1.MetricsService/Export": _endpoint(take_metrics),
    f"{_SERVICE}.trace.v1.TraceService/Export": _endpoint(take_traces),
}
OTHER = _endpoint(_nothing)
