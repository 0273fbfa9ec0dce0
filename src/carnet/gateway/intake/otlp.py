"""OTLP over HTTP: logs and metrics, from whoever exports them. What is kept is told apart by session."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.gateway.intake import otlp_lean
from carnet.gateway.intake import otlp_parsing as parsing
from carnet.gateway.intake.allow import Sieve
from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.otlp_attributes import kept_of
from carnet.gateway.intake.prints import digest_of, mark
from carnet.gateway.intake.words import dotted, identity, name, number, version, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from carnet.gateway.intake.contract import Asked, Means
    from carnet.gateway.intake.otlp_parsing import Part, Read

    RowsOf = Callable[[Iterable[Any]], Iterable[dict[str, Any]]]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MOST_SESSIONS = 1000
"""In one request: each is sealed under a key of its own."""
MOST_BUCKETS = 500
AT_ONCE = 128
"""Records whose attributes are looked at together."""
_ATTRIBUTES = "otlp.logs.attributes"
_CODES = {400: 3, 401: 16, 403: 7, 408: 4, 413: 8, 415: 3, 422: 3, 429: 8, 500: 13, 503: 14}
"""HTTP status -> code of google.rpc.Status."""


@dataclass(slots=True)
class Batch:
    """What is kept of one request, by session and by where it came from."""

    sieve: Sieve
    signal: str
    sessions: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    """Session -> number of the part -> resource, scope and records."""
    rejected: int = 0

    def add(self, session: str, number_: int, part: dict[str, Any], row: dict[str, Any]) -> None:
        rows = self.rows_of(session, number_, part)
        if rows is None:
            self.rejected += 1
        else:
            rows.append(row)

    def rows_of(self, session: str, number_: int, part: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Where the rows of a session and a part go; None: there are too many sessions."""
        groups = self.sessions.get(session)
        if groups is None:
            if len(self.sessions) >= MOST_SESSIONS:
                return None
            groups = self.sessions[session] = {}
        group = groups.get(number_)
        if group is None:
            group = groups[number_] = {**part, "records": []}
        rows: list[dict[str, Any]] = group["records"]
        return rows

    def items(self, digest: bytes) -> tuple[Item, ...]:
        return tuple(
            Item(
                "metric",
                "metrics",
                session,
                msgspec.json.encode({"protocol": "otlp", "signal": self.signal, "groups": list(groups.values())}),
                mark(digest, session),
            )
            for session, groups in self.sessions.items()
        )


def texts(asked: Asked) -> list[str]:
    return [one for one in (asked.headers.get(name_, "") for name_ in ("authorization", "x-api-key")) if one]


def take_logs(asked: Asked, body: bytes, means: Means) -> Taken:
    proto = is_protobuf(asked)
    batch = logs(parsing.proto_logs(body) if proto else parsing.json_logs(body), means, proto=proto)
    return _taken(batch, body, _reply(asked, batch.rejected, "rejectedLogRecords"))


def take_metrics(asked: Asked, body: bytes, means: Means) -> Taken:
    proto = is_protobuf(asked)
    batch = metrics(parsing.proto_metrics(body) if proto else parsing.json_metrics(body), means, proto=proto)
    return _taken(batch, body, _reply(asked, batch.rejected, "rejectedDataPoints"))


def _taken(batch: Batch, body: bytes, reply: Reply) -> Taken:
    return Taken(reply, batch.items(digest_of(body)), batch.sieve.tally)


def logs(parts: Iterable[Part], means: Means, *, proto: bool) -> Batch:
    """What is kept of logs."""
    batch = Batch(Sieve(means.allow, means.prints), "logs")
    read: Read = parsing.plain_proto if proto else parsing.plain
    rows_of = _proto_rows(batch.sieve) if proto else _json_rows(batch.sieve)
    for place, part in enumerate(parts):
        about, session = _about(part, batch.sieve, read)
        last = rows = None
        for row in rows_of(part.records):
            of = row["attributes"].get("session.id", session)
            if of != last:
                last, rows = of, batch.rows_of(of, place, about)
            if rows is None:
                batch.rejected += 1
            else:
                rows.append(row)
    return batch


def _about(part: Part, sieve: Sieve, read: Read) -> tuple[dict[str, Any], str]:
    resource = sieve.attributes(part.resource, "otlp.resource", read)
    about: dict[str, Any] = {"resource": resource}
    if part.scope:
        if (scope := sieve.allow.vendor(part.scope)) is None:
            sieve.tally.alone["otlp.scope.name"] += 1
        else:
            about["scope"] = scope
    if part.version and (found := version(part.version)) is not None:
        about["version"] = found
    session = resource.get("session.id", "")
    return about, session if isinstance(session, str) else ""


def _json_rows(sieve: Sieve) -> RowsOf:
    return lambda records: (_json_row(log, sieve) for log in records)


def _json_row(log: parsing.Log, sieve: Sieve) -> dict[str, Any]:
    row: dict[str, Any] = {"time": number(log.time_unix_nano) or 0}
    if observed := number(log.observed_time_unix_nano):
        row["observed"] = observed
    more, dropped = _more(number(log.severity_number), log.severity_text, log.event_name, parsing.plain(log.body))
    row |= more
    if dropped:
        sieve.tally.alone["otlp.logs.body"] += 1
    if log.trace_id or log.span_id:
        row |= _ids(log.trace_id, log.span_id)
    row["attributes"] = sieve.attributes(parsing.json_pairs(log.attributes), _ATTRIBUTES, parsing.plain)
    return row


def _proto_rows(sieve: Sieve) -> RowsOf:
    """The same of records in protobuf: what equals something near it in the request is judged once."""
    heads = otlp_lean.Remembered(
        lambda key: _more(key[0], key[1], key[2], parsing.plain_proto(otlp_lean.value(key[3])))
    )

    def rows_of(records: Iterable[Any]) -> Iterator[dict[str, Any]]:
        waiting = iter(records)
        while logs := list(islice(waiting, AT_ONCE)):
            kept = kept_of([log.attributes[:] for log in logs], sieve, _ATTRIBUTES)
            for log, attributes in zip(logs, kept, strict=True):
                row: dict[str, Any] = {"time": log.time_unix_nano}
                if observed := log.observed_time_unix_nano:
                    row["observed"] = observed
                more, away = heads[log.severity_number, log.severity_text, log.event_name, log.body]
                row |= more
                if away:
                    sieve.tally.alone["otlp.logs.body"] += 1
                if log.trace_id or log.span_id:
                    row |= _ids(log.trace_id.hex(), log.span_id.hex())
                row["attributes"] = attributes
                yield row

    return rows_of


def _more(severity: object, text: str, event: str, body: object) -> tuple[dict[str, Any], bool]:
    """Level and name, and whether there is a body that is dropped: it is kept only where it is the name of an event."""
    row: dict[str, Any] = {}
    if severity:
        row["severity"] = severity
    if text and (found := word(text)) is not None:
        row["level"] = found
    called = name(event) if event else None
    if called is None and isinstance(body, str):
        called = name(body)
    if called is not None:
        row["name"] = called
    return row, body is not None and called != body


def _ids(trace: str, span: str) -> dict[str, str]:
    found = {"trace": identity(trace), "span": identity(span)}
    return {key: one for key, one in found.items() if one is not None}


def metrics(parts: Iterable[Part], means: Means, *, proto: bool) -> Batch:
    """What is kept of metrics."""
    batch = Batch(Sieve(means.allow, means.prints), "metrics")
    read: Read = parsing.plain_proto if proto else parsing.plain
    for place, part in enumerate(parts):
        about, session = _about(part, batch.sieve, read)
        for metric in part.records:
            _metric(metric, batch, place, about, session)
    return batch


def _metric(metric: parsing.Metric, batch: Batch, place: int, about: dict[str, Any], session: str) -> None:
    called = name(metric.name)
    for kind in parsing.TYPES:
        data: parsing.Data | None = getattr(metric, kind)
        if data is None:
            continue
        if called is None:
            batch.sieve.tally.alone["otlp.metrics.name"] += 1
            batch.rejected += len(data.data_points)
            continue
        head: dict[str, Any] = {"name": called, "type": kind}
        if metric.unit and (unit := _unit(metric.unit)) is not None:
            head["unit"] = unit
        if data.aggregation_temporality:
            head["temporality"] = number(data.aggregation_temporality) or word(data.aggregation_temporality)
        if data.is_monotonic:
            head["monotonic"] = True
        for point in data.data_points:
            row = {**head, **_point(point, batch.sieve)}
            batch.add(row["attributes"].get("session.id", session), place, about, row)


def _unit(text: str) -> str | None:
    """UCUM's plain ones: `s`, `By`, `{token}`, `USD`, `1`."""
    bare = text.removeprefix("{").removesuffix("}")
    return text if len(text) <= 20 and (dotted(bare) or text in {"1", "%"}) else None


def _point(point: parsing.Point, sieve: Sieve) -> dict[str, Any]:
    row: dict[str, Any] = {"time": number(point.time_unix_nano) or 0}
    if start := number(point.start_time_unix_nano):
        row["start"] = start
    for key in parsing.NUMBERS:
        if (value := number(getattr(point, key))) is not None:
            row["value" if key.startswith("as_") else key] = value
    for key in parsing.LISTS:
        if values := getattr(point, key)[:MOST_BUCKETS]:
            row[key] = [number(one) for one in values]
    pairs = parsing.json_pairs(point.attributes)
    row["attributes"] = sieve.attributes(pairs, "otlp.metrics.attributes", parsing.plain)
    return row


# --- answers


def is_protobuf(asked: Asked) -> bool:
    """Which of the two encodings. Raises RefusedError for any other."""
    media = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in {PROTOBUF, "application/protobuf", JSON}:
        raise RefusedError(415, f"The Content-Type is neither {PROTOBUF} nor {JSON}.")
    return media != JSON


def why(rejected: int) -> str:
    return f"{rejected} were not taken: their names could be anything, or there were over {MOST_SESSIONS} sessions."


def _reply(asked: Asked, rejected: int, field_name: str) -> Reply:
    if not is_protobuf(asked):
        told = {"partialSuccess": {field_name: str(rejected), "errorMessage": why(rejected)}} if rejected else {}
        return Reply(200, msgspec.json.encode(told))
    return Reply(200, partial(rejected), PROTOBUF)


def partial(rejected: int) -> bytes:
    """Export…ServiceResponse of either signal: both have partial_success, and in it a number and a text."""
    if not rejected:
        return b""
    inner = b"\x08" + varint(rejected) + _text(2, why(rejected))
    return b"\x0a" + varint(len(inner)) + inner


def status(code: int, sentence: str) -> bytes:
    """google.rpc.Status."""
    return b"\x08" + varint(code) + _text(2, sentence)


def _text(field_number: int, text: str) -> bytes:
    data = text.encode()
    return bytes([field_number << 3 | 2]) + varint(len(data)) + data


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def refuse(asked: Asked, error: RefusedError) -> Reply:
    """503 with Retry-After is what exporters wait for and send again."""
    answered = 503 if error.after and error.status != 429 else error.status
    headers = (("Retry-After", str(error.after)),) if error.after else ()
    code = _CODES.get(answered, 13)
    if asked.headers.get("content-type", "").startswith((PROTOBUF, "application/protobuf")):
        return Reply(answered, status(code, error.sentence), PROTOBUF, headers)
    return Reply(answered, msgspec.json.encode({"code": code, "message": error.sentence}), headers=headers)


LOGS = Endpoint("otlp", texts, take_logs, refuse)
METRICS = Endpoint("otlp", texts, take_metrics, refuse)
