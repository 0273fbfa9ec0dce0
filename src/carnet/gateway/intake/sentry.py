"""What Sentry's SDKs send: envelopes, and events alone as old ones do. Only what the list names is kept."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from carnet.gateway.intake.allow import Sieve
from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.envelopes import EnvelopeItem, json_object, json_value, parted
from carnet.gateway.intake.prints import digest_of, mark
from carnet.gateway.intake.words import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carnet.gateway.intake.contract import Asked, Means

ERRORS, METRICS = ("error", "errors"), ("metric", "metrics")
KINDS = {
    "event": ERRORS, "session": ERRORS, "sessions": ERRORS, "client_report": ERRORS,
    "transaction": METRICS, "log": METRICS, "trace_metric": METRICS, "span": METRICS,
}  # fmt: skip
"""Type of item -> kind and flow of the record. Any other type is dropped: attachments, replays, profiles, feedback."""
LONGEST_ITEM = 1 << 20
_KEY = re.compile(r"(?:^|[ ,])sentry_key=([^, ]+)")


def texts(asked: Asked) -> list[str]:
    """Where SDKs carry the public key of their DSN."""
    found = [asked.query[name] for name in ("sentry_key",) if name in asked.query]
    for name in ("x-sentry-auth", "authorization"):
        found += _KEY.findall(asked.headers.get(name, "").removeprefix("Sentry").removeprefix("sentry"))
    return found


def take_envelope(asked: Asked, body: bytes, means: Means) -> Taken:
    """An envelope."""
    del asked
    header, items = parted(body)
    id_ = identity(header.get("event_id"))
    return _taken(id_ or "", items, means, body)


def take_event(asked: Asked, body: bytes, means: Means) -> Taken:
    """An event alone."""
    del asked
    id_ = identity(json_object(body, "the event").get("event_id"))
    return _taken(id_ or "", [EnvelopeItem("event", body)], means, body)


def refuse(asked: Asked, error: RefusedError) -> Reply:
    """SDKs heed 429 with both headers; what they heed of other answers differs."""
    del asked
    status, headers = error.status, ()
    if error.after:
        status = 429
        wait = str(error.after)
        headers = (("Retry-After", wait), ("X-Sentry-Rate-Limits", f"{wait}::key"))  # type: ignore[assignment]
    return Reply(status, msgspec.json.encode({"detail": error.sentence}), headers=headers)


def _taken(id_: str, items: list[EnvelopeItem], means: Means, body: bytes) -> Taken:
    digest = cache(lambda: digest_of(body))  # only what has no id of its own needs it
    sieve = Sieve(means.allow, means.prints)
    found = [one for place, item in enumerate(items) if (one := _item(item, sieve, digest, place)) is not None]
    told = {"id": id_.replace("-", "")} if id_ else {}
    return Taken(Reply(200, msgspec.json.encode(told)), tuple(found), sieve.tally)


def _item(item: EnvelopeItem, sieve: Sieve, digest: Callable[[], bytes], place: int) -> Item | None:
    where = KINDS.get(item.type)
    if where is None or len(item.payload) > LONGEST_ITEM:
        sieve.tally.alone["sentry.item" if where is None else f"sentry.{item.type}"] += 1
        return None
    value = json_value(item.payload, "the payload of an item")
    if isinstance(value, dict) and item.type == "event":
        value = _whole(value)
    kept = sieve.kept(sieve.allow.trees[item.type], value, f"sentry.{item.type}")
    if not isinstance(kept, dict):
        return None
    row: dict[str, object] = {"protocol": "sentry", "item": item.type, item.type: kept}
    if item.type == "event":
        _without_foreign(kept, sieve)
        row["group"] = group_of(kept)
    marked = kept.get("event_id")
    what = mark(item.type, marked) if isinstance(marked, str) else mark(item.type, digest(), str(place))
    return Item(*where, "", msgspec.json.encode(row), what)


def _whole(event: dict[str, object]) -> dict[str, object]:
    """Old SDKs write the list of exceptions without a name for it."""
    exception = event.get("exception")
    return {**event, "exception": {"values": exception}} if isinstance(exception, list) else event


def _without_foreign(event: dict[str, Any], sieve: Sieve) -> None:
    """Names of functions stay in frames of the vendor's own modules alone."""
    away = 0
    for value in event.get("exception", {}).get("values", ()):
        for frame in value.get("stacktrace", {}).get("frames", ()):
            if "module" not in frame and "function" in frame:
                del frame["function"]
                away += 1
    if away:
        sieve.tally.alone["sentry.event.exception.values[].stacktrace.frames[].function"] += away


def group_of(event: Mapping[str, object]) -> str:
    """What errors of one kind share: their types, and the vendor's own frames, or else the print of their text."""
    parts: list[object] = [event.get("platform"), event.get("level"), event.get("message"), event.get("logentry")]
    exception = event.get("exception")
    values = exception.get("values", []) if isinstance(exception, dict) else []
    if values:
        parts = []
    for value in values:
        frames = value.get("stacktrace", {}).get("frames", [])
        ours = [(frame["module"], frame.get("function")) for frame in frames if "module" in frame]
        parts += [value.get("type"), ours or value.get("value")]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


ENVELOPE = Endpoint("sentry", texts, take_envelope, refuse)
STORE = Endpoint("sentry", texts, take_event, refuse)
