"""Sentry's SDKs: what they send is answered as they expect, and only what the list names is kept."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.counting import read_day
from carnet.gateway.intake.sentry import LONGEST_ITEM, group_of, refuse, take_envelope, take_event, texts
from tests.gateway.intake.ground import CANARY, asked, envelope, written
from tests.records.kept import ACME

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.gateway.intake.contract import Means
    from tests.gateway.intake.ground import Ground

ID = "0123456789abcdef0123456789abcdef"


def event(id_: str = ID, **more: object) -> dict[str, object]:
    """An error as the SDK for Python tells it, with a canary wherever it leaks."""
    frame = {
        "filename": f"{CANARY}.py", "abs_path": f"/home/{CANARY}/app.py", "function": f"f_{CANARY}", "module": "app",
        "lineno": 7, "in_app": True, "context_line": f"key = '{CANARY}'", "pre_context": [CANARY],
        "post_context": [CANARY], "vars": {"prompt": f"'{CANARY}'", CANARY: 1},
    }  # fmt: skip
    ours = {"module": "carnet.web.app", "function": "make_app", "lineno": 8, "in_app": False, "vars": {"a": CANARY}}
    error = {
        "type": "ValueError", "value": f"could not parse {CANARY}", "module": None,
        "mechanism": {"type": "excepthook", "handled": False, "data": {"x": CANARY}},
        "stacktrace": {"frames": [frame, ours]},
    }  # fmt: skip
    return {
        "event_id": id_, "timestamp": "2026-04-01T09:30:00.000000Z", "level": "error", "platform": "python",
        "release": "carnet@1.2.3", "environment": "production", "server_name": CANARY, "transaction": CANARY,
        "exception": {"values": [error]}, "extra": {"sys.argv": [CANARY]}, "modules": {CANARY: "1"},
        "breadcrumbs": {"values": [{"message": CANARY, "data": {"arguments": [CANARY]}}]},
        "request": {"url": f"http://h/{CANARY}", "headers": {"Cookie": CANARY}}, "tags": {CANARY: CANARY},
        "user": {"email": f"{CANARY}@x.test", "id": CANARY}, "contexts": {
            "runtime": {"name": "CPython", "version": "3.11.7", "build": CANARY}, CANARY: {"a": CANARY},
            "trace": {"trace_id": ID, "span_id": ID[:16], "op": "http.server", "description": CANARY},
        },
        "sdk": {"name": "sentry.python", "version": "2.75.0", "packages": [{"name": CANARY}]}, **more,
    }  # fmt: skip


def of_event(id_: str = ID, **more: object) -> bytes:
    return envelope(({"type": "event"}, json.dumps(event(id_, **more)).encode()), event=id_)


def test_an_event_is_kept_as_the_list_has_it_and_no_more(ground: Ground, data: Path) -> None:
    reply = ground.envelope(of_event())
    assert (reply.status_code, reply.json()) == (200, {"id": ID})
    (body,) = ground.kept("error")
    (error,) = body["event"]["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["mechanism"] == {"type": "excepthook", "handled": False}
    assert error["stacktrace"]["frames"] == [
        {"lineno": 7, "in_app": True},
        {"module": "carnet.web.app", "function": "make_app", "lineno": 8, "in_app": False},
    ]
    assert body["event"]["contexts"]["runtime"] == {"name": "CPython", "version": "3.11.7"}
    assert body["event"]["release"] == "carnet@1.2.3"
    assert CANARY not in json.dumps(body)
    assert CANARY.encode() not in written(data)
    assert CANARY not in json.dumps(ground.counted("sentry"))
    assert ground.counted("sentry")["dropped:sentry.event.breadcrumbs"] == 1


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress),
     ("zstd", zstandard.compress)],
)  # fmt: skip
def test_every_coding_of_the_sdks_is_read(ground: Ground, coding: str, pack: type[bytes]) -> None:
    headers = {"content-encoding": coding} if coding else {}
    assert ground.envelope(pack(of_event()), headers=headers).json() == {"id": ID}
    assert len(ground.kept("error")) == 1


def test_an_event_that_is_sent_again_is_kept_once(ground: Ground) -> None:
    assert [ground.envelope(of_event()).status_code for _ in range(3)] == [200, 200, 200]
    assert ground.envelope(gzip.compress(of_event()), headers={"content-encoding": "gzip"}).json() == {"id": ID}
    assert len(ground.kept("error")) == 1
    assert ground.counted("errors") == {"kept": 1, "repeated": 3}


@pytest.mark.parametrize("way", ["header", "query", "authorization"])
def test_the_key_is_taken_where_sdks_carry_it(ground: Ground, way: str) -> None:
    key = ground.key()
    headers = {"header": {"x-sentry-auth": f"Sentry sentry_version=7, sentry_key={key}"}, "query": {}}.get(
        way, {"authorization": f"Sentry sentry_key={key}"}
    )
    query = f"?sentry_version=7&sentry_key={key}&sentry_client=x" if way == "query" else ""
    reply = ground.client.post(f"/api/42/envelope/{query}", content=of_event(), headers=headers)
    assert reply.status_code == 200
    assert len(ground.kept()) == 1


@pytest.mark.parametrize(
    "header", ["", "Sentry", "Sentry sentry_key=", "Sentry sentry_key=abc", "Sentry x_sentry_key=a"]
)
def test_without_a_key_nothing_is_taken(ground: Ground, header: str) -> None:
    reply = ground.client.post("/api/1/envelope/", content=of_event(), headers={"x-sentry-auth": header})
    assert reply.status_code == 401
    assert ground.kept() == []


def test_half_a_character_does_not_cost_the_event(ground: Ground) -> None:
    assert ground.envelope(of_event(message="cut \ud83d")).status_code == 200
    assert [row["event"]["event_id"] for row in ground.kept("error")] == [ID]


def test_the_old_address_takes_an_event_alone(ground: Ground) -> None:
    reply = ground.client.post(f"/api/1/store/?sentry_key={ground.key()}", content=json.dumps(event()).encode())
    assert reply.json() == {"id": ID}
    assert len(ground.kept("error")) == 1


@pytest.mark.parametrize("extra", [b'"x"', b"1e999", b"[-1e999]", b"1" * 400, b'"' + b"x" * LONGEST_ITEM + b'"'])
def test_an_event_alone_is_answered_as_one_in_an_envelope(means: Means, extra: bytes) -> None:
    body = b'{"event_id":"%b","level":"error","extra":{"a":%b}}' % (ID.encode(), extra)
    alone, inside = (
        take_event(asked(), body, means),
        take_envelope(asked(), envelope(({"type": "event"}, body), event=ID), means),
    )
    assert alone.reply.body == inside.reply.body == b'{"id":"%b"}' % ID.encode()
    assert alone.items == inside.items
    assert alone.dropped is not None
    assert inside.dropped is not None
    assert alone.dropped.all() == inside.dropped.all()


def test_an_event_alone_is_read_once(means: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("carnet.gateway.intake.sentry.json_object")
    assert len(take_event(asked(), b'{"level":"error","extra":{"a":1}}', means).items) == 1


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{", b"", b'{"a":"\xff"}', b"[" * 5000])
def test_what_is_no_event_is_refused_at_the_old_address(means: Means, body: bytes) -> None:
    with pytest.raises(RefusedError, match="the event") as refused:
        take_event(asked(), body, means)
    assert refused.value.status == 400


def test_each_type_of_item_goes_where_it_belongs(ground: Ground) -> None:
    items: list[tuple[str, object]] = [
        ("session", {"sid": ID, "did": CANARY, "status": "ok", "errors": 0, "attrs": {"release": "a@1", "ip": CANARY}}),
        ("sessions", {"aggregates": [{"started": "2026-04-01T09:00:00Z", "exited": 3}], "attrs": {"release": "a@1"}}),
        ("client_report", {"discarded_events": [{"reason": "queue_overflow", "category": "error", "quantity": 2}]}),
        ("transaction", {"event_id": ID, "transaction": CANARY, "spans": [{"op": "db", "description": CANARY}]}),
        ("log", {"items": [{"level": "info", "body": CANARY, "attributes": {"model": {"value": "claude-x"},
                                                                              "a": {"value": CANARY}}}]}),
        ("trace_metric", {"items": [{"name": "queue.size", "value": 4, "type": "gauge"}]}),
        ("span", {"items": [{"trace_id": ID, "name": CANARY, "status": "ok"}]}),
    ]  # fmt: skip
    body = envelope(*(({"type": kind}, json.dumps(value).encode()) for kind, value in items))
    assert ground.envelope(body).json() == {}
    kept = ground.kept()
    assert {one["item"] for one in kept} == {kind for kind, _ in items}
    assert CANARY not in json.dumps(kept)
    flows = {one.lane.flow for one in ground.shelf.everything()}
    assert flows == {"errors", "metrics"}


@pytest.mark.parametrize("kind", ["attachment", "replay_recording", "profile", "user_report", "feedback", "x", CANARY])
def test_types_that_no_list_names_are_answered_and_dropped(ground: Ground, kind: str, data: Path) -> None:
    assert ground.envelope(envelope(({"type": kind}, CANARY.encode()))).status_code == 200
    assert ground.kept() == []
    assert ground.counted("sentry") == {"dropped:sentry.item": 1}
    assert CANARY.encode() not in written(data)


@pytest.mark.parametrize(
    "payload",
    [
        {"exception": "text"}, {"exception": {"values": "x"}}, {"exception": {"values": [None, 5, {"stacktrace": 5}]}},
        {"exception": [{"type": "A", "stacktrace": {"frames": {"a": 1}}}]}, {"event_id": 5}, {"contexts": []},
        {"exception": {"values": [{"stacktrace": {"frames": [None, "x", {"module": 5, "function": {}}]}}]}},
    ],
)  # fmt: skip
def test_events_of_another_form_break_nothing(ground: Ground, payload: object) -> None:
    reply = ground.envelope(envelope(({"type": "event"}, json.dumps(payload).encode())))
    assert reply.status_code == 200


@pytest.mark.parametrize("payload", [b"x", b"", b"\xff", b"[" * 100_000])
def test_a_payload_that_is_no_json_is_refused(ground: Ground, payload: bytes) -> None:
    assert ground.envelope(envelope(({"type": "event"}, payload))).status_code == 400
    assert ground.kept() == []


def test_a_lying_length_keeps_nothing_of_the_envelope(ground: Ground) -> None:
    whole = json.dumps(event()).encode()
    body = envelope(({"type": "event"}, whole), ({"type": "event", "length": 3}, whole))
    assert ground.envelope(body).status_code == 400
    assert ground.kept() == []


def test_an_item_that_is_too_long_is_dropped_and_counted(ground: Ground, means: Means) -> None:
    payload = b'{"x":"' + b"a" * LONGEST_ITEM + b'"}'
    taken = take_envelope(asked(), envelope(({"type": "event"}, payload)), means)
    assert taken.items == ()
    assert taken.dropped is not None
    assert taken.dropped.all() == {"sentry.event": 1}
    assert ground.envelope(bytes(9 << 20)).status_code == 413


def test_zero_retention_is_answered_as_if_it_were_kept(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    assert ground.envelope(of_event()).json() == {"id": ID}
    assert ground.envelope(b"no envelope").status_code == 400
    assert ground.kept() == []
    assert ground.counted("errors") == {"forbidden:zdr": 1}
    catalogue = ground.shelf.store.catalogue
    ground.intake.counts.flush(catalogue)
    assert read_day(catalogue, f"{ground.shelf.now:%Y-%m-%d}") == {}


def test_errors_of_one_kind_have_one_group() -> None:
    def grouped(**changes: object) -> str:
        value = {"type": "A", "value": "p1", "stacktrace": {"frames": [{"module": "carnet.x", "function": "f"}]}}
        return group_of({"exception": {"values": [value | changes]}})

    assert grouped() == grouped(value="p2") != grouped(type="B")
    bare = {"stacktrace": {"frames": [{"lineno": 1}]}}
    assert grouped(**bare) != grouped(**bare, value="p2")
    assert group_of({"message": "m1"}) != group_of({"message": "m2"})
    assert group_of({})


def test_overload_is_told_as_sdks_heed_it() -> None:
    reply = refuse(asked(), RefusedError(503, "Away.", 5))
    assert reply.status == 429
    assert dict(reply.headers) == {"Retry-After": "5", "X-Sentry-Rate-Limits": "5::key"}
    assert refuse(asked(), RefusedError(413, "Long.")).status == 413


def test_the_key_of_a_header_is_the_key_alone() -> None:
    assert texts(asked(x_sentry_auth="Sentry sentry_version=7,sentry_key=ck_a, sentry_client=x")) == ["ck_a"]
    assert texts(asked(query={"sentry_key": "ck_b"})) == ["ck_b"]
