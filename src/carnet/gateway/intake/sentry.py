"""What Sentry's SDKs send: envelopes, and events alone as old ones do. Only what the list names is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.intake.allow import Sieve
from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.envelopes import EnvelopeItem, json_object, json_value, parted
from carnet.gateway.intake.prints import digest_of, mark
from carnet.gateway.intake.skimming import Skim
from carnet.gateway.intake.words import identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carnet.gateway.intake.allow import Allow
    from carnet.gateway.intake.contract import Asked, Means

ERRORS, METRICS = ("error", "errors"), ("metric", "metrics")
KINDS = {
    "event": ERRORS, "session": ERRORS, "sessions": ERRORS, "client_report": ERRORS,
    "transaction": METRICS, "log": METRICS, "trace_metric": METRICS, "span": METRICS,
}  # fmt: skip
"""Type of item -> kind and flow of the record. Any other type is dropped: attachments, replays, profiles, feedback."""
LONGEST_ITEM = 1 << 20
EVENT = "sentry.event"
_VALUE = f"{EVENT}.exception.values[]"
OTHERS = {
    EVENT: ("server_name", "modules", "extra", "breadcrumbs", "request", "user", "tags", "transaction", "threads",
            "transaction_info", "fingerprint", "logger", "culprit", "debug_meta", "dist", "_meta"),
    f"{EVENT}.sdk": ("packages", "integrations", "settings"),
    f"{EVENT}.contexts": ("device", "app", "culture", "cloud_resource", "browser", "state"),
    f"{EVENT}.contexts.runtime": ("build", "raw_description"),
    f"{EVENT}.contexts.os": ("build", "kernel_version", "raw_description"),
    f"{EVENT}.contexts.trace": ("data", "description", "origin", "dynamic_sampling_context"),
    _VALUE: ("module", "thread_id"),
    f"{_VALUE}.mechanism": ("data", "description", "source", "meta", "synthetic", "exception_id", "parent_id",
                            "is_exception_group"),
    f"{_VALUE}.stacktrace.frames[]": ("filename", "abs_path", "context_line", "pre_context", "post_context", "vars",
                                      "colno", "package", "raw_function"),
}  # fmt: skip
"""What SDKs tell beside what is kept, as far as it is usual: an event with another name is read whole."""
_WIDE = msgspec.json.Decoder(float_hook=float)
"""Numbers too large for anybody are read, and then dropped like any other that no list lets through."""
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
    digest = _Digest(body)
    sieve = Sieve(means.allow, means.prints)
    found = [one for place, item in enumerate(items) if (one := _item(item, sieve, digest, place)) is not None]
    return _taken(header, found, sieve)


def take_event(asked: Asked, body: bytes, means: Means) -> Taken:
    """An event alone."""
    del asked
    sieve = Sieve(means.allow, means.prints)
    if len(body) > LONGEST_ITEM:
        sieve.tally.alone[EVENT] += 1
        return _taken(json_object(body, "the event", _WIDE), (), sieve)
    kept = _skim(sieve.allow).kept(body, sieve)
    if kept is None:
        kept = _sifted(json_object(body, "the event", _WIDE), sieve)
    return _taken(kept, (_kept_item("event", kept, _Digest(body), 0),), sieve)


def refuse(asked: Asked, error: RefusedError) -> Reply:
    """SDKs heed 429 with both headers; what they heed of other answers differs."""
    del asked
    status, headers = error.status, ()
    if error.after:
        status = 429
        wait = str(error.after)
        headers = (("Retry-After", wait), ("X-Sentry-Rate-Limits", f"{wait}::key"))  # type: ignore[assignment]
    return Reply(status, msgspec.json.encode({"detail": error.sentence}), headers=headers)


def _taken(named: Mapping[str, object], items: Iterable[Item], sieve: Sieve) -> Taken:
    id_ = identity(named.get("event_id"))
    told = {"id": id_.replace("-", "")} if id_ else {}
    return Taken(Reply(200, msgspec.json.encode(told)), tuple(items), sieve.tally)


class _Digest:
    """Of a body: only what has no id of its own needs it."""

    __slots__ = ("_body", "_found")

    def __init__(self, body: bytes) -> None:
        self._body, self._found = body, b""

    def of(self, place: int) -> tuple[bytes, str]:
        """What tells an item from others."""
        self._found = self._found or digest_of(self._body)
        return self._found, str(place)


def _item(item: EnvelopeItem, sieve: Sieve, digest: _Digest, place: int) -> Item | None:
    known = item.type in KINDS
    if not known or len(item.payload) > LONGEST_ITEM:
        sieve.tally.alone[f"sentry.{item.type}" if known else "sentry.item"] += 1
        return None
    kept = _kept(item, sieve)
    return _kept_item(item.type, kept, digest, place) if isinstance(kept, dict) else None


def _kept_item(kind: str, kept: Mapping[str, object], digest: _Digest, place: int) -> Item:
    row: dict[str, object] = {"protocol": "sentry", "item": kind, kind: kept}
    if kind == "event":
        row["group"] = group_of(kept)
    marked = kept.get("event_id")
    what = mark(kind, marked) if isinstance(marked, str) else mark(kind, *digest.of(place))
    return Item(*KINDS[kind], "", msgspec.json.encode(row), what)


def _kept(item: EnvelopeItem, sieve: Sieve) -> object:
    if item.type == "event" and (kept := _skim(sieve.allow).kept(item.payload, sieve)) is not None:
        return kept
    value = json_value(item.payload, "the payload of an item", _WIDE)
    if isinstance(value, dict) and item.type == "event":
        return _sifted(value, sieve)
    return sieve.kept(sieve.allow.trees[item.type], value, f"sentry.{item.type}")


def _sifted(event: dict[str, object], sieve: Sieve) -> dict[str, object]:
    kept: dict[str, object] = sieve.kept(sieve.allow.trees["event"], _whole(event), EVENT)  # type: ignore[assignment]
    return kept  # of an object there is always one


def _skim(allow: Allow) -> Skim:
    found: Skim | None = allow.remembered.get(EVENT)
    if found is None:
        shape = allow.trees["event"]
        assert isinstance(shape, Mapping)  # noqa: S101 - an operator's own file adds to it and changes nothing
        found = allow.remembered[EVENT] = Skim(shape, EVENT, allow.naming(), OTHERS)
    return found


def _whole(event: dict[str, object]) -> dict[str, object]:
    """Old SDKs write the list of exceptions without a name for it."""
    exception = event.get("exception")
    return {**event, "exception": {"values": exception}} if isinstance(exception, list) else event


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
