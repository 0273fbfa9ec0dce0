"""Statsig's SDKs: they start on our answers, and only what the list names is kept of their events."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest
import zstandard

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.statsig import MOST_EVENTS, refuse, texts
from tests.gateway.intake.ground import CANARY, asked, written
from tests.records.kept import ACME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.intake.ground import Ground


def batch(*events: object) -> dict[str, object]:
    return {"events": list(events), "statsigMetadata": {"sdkType": "py-server", "sdkVersion": "0.72.1", "x": CANARY}}


def event(name: str = "tengu_api_success", **more: object) -> dict[str, object]:
    return {
        "eventName": name, "time": 1_790_000_000_000, "value": 2,
        "user": {"userID": CANARY, "email": f"{CANARY}@x.test", "custom": {"a": CANARY}, "customIDs": {"b": CANARY}},
        "metadata": {"durationMs": 5, "ok": True, "model": "claude-x", "path": f"/home/{CANARY}", "note": CANARY,
                     f"/home/{CANARY}": 1},
        "secondaryExposures": [CANARY], "statsigMetadata": {"a": CANARY}, **more,
    }  # fmt: skip


def test_an_event_is_kept_as_the_list_has_it_and_no_more(ground: Ground, data: Path) -> None:
    reply = ground.client.post("/v1/log_event", json=batch(event()), headers={"statsig-api-key": ground.key()})
    assert (reply.status_code, reply.json()) == (202, {"success": True})
    (body,) = ground.kept("metric")
    assert body["about"] == {"sdkType": "py-server", "sdkVersion": "0.72.1"}
    (kept,) = body["events"]
    assert kept.pop("user").keys() == {"userID"}
    assert kept == {
        "eventName": "tengu_api_success", "time": 1_790_000_000_000, "value": 2,
        "metadata": {"durationMs": 5, "ok": True, "model": "claude-x"},
    }  # fmt: skip
    assert CANARY.encode() not in written(data)
    assert CANARY not in json.dumps(ground.counted("statsig"))


def test_the_sdks_own_diagnostics_with_their_key_are_dropped(ground: Ground) -> None:
    own = event("statsig::diagnostics", metadata={"markers": [{"url": f"http://h/v1/specs/{ground.key()}.json"}]})
    ground.client.post("/v1/log_event", json=batch(own), headers={"statsig-api-key": ground.key()})
    assert ground.kept() == []
    assert ground.counted("statsig")["dropped:statsig.events[].diagnostics"] == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_codings_of_the_sdks_are_read(ground: Ground, pack: type[bytes]) -> None:
    coding = "gzip" if pack is gzip.compress else "zstd"
    headers = {"statsig-api-key": ground.key(), "content-encoding": coding}
    body = pack(json.dumps(batch(event())).encode())
    assert ground.client.post("/v1/log_event", content=body, headers=headers).status_code == 202
    assert len(ground.kept("metric")) == 1


@pytest.mark.parametrize("wrap", ["", "gz=1", "se=1", "gz=1&se=1"])
def test_what_browsers_say_in_the_query_only_is_read(ground: Ground, wrap: str) -> None:
    body = json.dumps(batch(event())).encode()
    body = gzip.compress(body) if "gz" in wrap else body
    body = base64.b64encode(body)[::-1] if "se" in wrap else body
    assert ground.client.post(f"/v1/rgstr?k={ground.key()}&{wrap}", content=body).status_code == 202
    assert len(ground.kept("metric")) == 1


def test_a_bomb_behind_the_query_is_refused(ground: Ground) -> None:
    body = gzip.compress(bytes(9 << 20))
    assert ground.client.post(f"/v1/rgstr?k={ground.key()}&gz=1", content=body).status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"x", b'{"events":5}', b'{"events":{}}', json.dumps(batch(*[1] * (MOST_EVENTS + 1))).encode()],
)
def test_what_is_no_batch_is_refused(ground: Ground, body: bytes) -> None:
    assert ground.client.post(f"/v1/rgstr?k={ground.key()}", content=body).status_code in {400, 413}
    assert ground.client.post(f"/v1/rgstr?k={ground.key()}&se=1", content=b"\xff!").status_code == 400
    assert ground.kept() == []


@pytest.mark.parametrize("wrong", [5, None, [], {}, {"eventName": 5}, {"eventName": f"see /home/{CANARY}"}])
def test_an_event_of_another_form_is_dropped_alone(ground: Ground, wrong: object) -> None:
    reply = ground.client.post("/v1/rgstr", params={"k": ground.key()}, json=batch(wrong, event(), event(metadata=5)))
    assert reply.status_code == 202
    assert len(ground.kept("metric")[0]["events"]) == 2


def test_a_batch_that_is_sent_again_is_kept_once(ground: Ground) -> None:
    for _ in range(3):
        ground.client.post("/v1/rgstr", params={"k": ground.key()}, json=batch(event()))
    assert len(ground.kept("metric")) == 1


def test_the_sdks_start_on_empty_answers(ground: Ground) -> None:
    key, header = ground.key(), {"STATSIG-API-KEY": ground.key()}
    one = ground.client.get(f"/v1/download_config_specs/{key}.json", headers=header).json()
    two = ground.client.get(f"/v2/download_config_specs/{key}.json?supports_proto=true").json()
    assert (one["feature_gates"], one["id_lists"]) == ([], {})
    assert (two["feature_gates"], two["condition_map"], two["experiment_to_layer"]) == ({}, {}, {})
    assert ground.client.post("/v1/get_id_lists", headers=header, json={}).json() == {}
    started = ground.client.post("/v1/initialize", headers=header, json={"user": {"email": CANARY}}).json()
    assert (started["has_updates"], started["hash_used"]) == (True, "djb2")
    assert ground.kept() == []


def test_a_wrong_key_in_the_path_starts_nothing(ground: Ground) -> None:
    assert ground.client.get("/v1/download_config_specs/secret-abc.json").status_code == 401
    assert ground.client.get(f"/v1/download_config_specs/{ground.key()}x.json").status_code == 401


def test_zero_retention_is_answered_as_if_it_were_kept(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    assert ground.client.post("/v1/rgstr", params={"k": ground.key()}, json=batch(event())).status_code == 202
    assert ground.kept() == []


def test_overload_is_503_never_429() -> None:
    assert refuse(asked(), RefusedError(429, "Too many.", 5)).status == 503
    assert refuse(asked(), RefusedError(503, "Away.", 5)).status == 503
    assert refuse(asked(), RefusedError(401, "Unknown.")).status == 401


def test_the_key_is_taken_from_header_query_and_path() -> None:
    assert texts(asked("/v1/download_config_specs/KEY.json", {"k": "Q"}, statsig_api_key="H")) == ["H", "Q", "KEY"]
    assert texts(asked("/v1/rgstr")) == []
    assert texts(asked("/v1/download_config_specs/secret-ck_a.json", {"k": "client-ck_a"})) == ["ck_a", "ck_a"]
