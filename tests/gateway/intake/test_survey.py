"""The survey takes a rating and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.gateway.intake.ground import CANARY, written
from tests.records.kept import ACME, ANN, PAT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.intake.ground import Ground


@pytest.mark.parametrize("rating", [1, 2, 3, "dismiss"])
def test_a_rating_is_kept_without_account_session_and_time(ground: Ground, rating: object) -> None:
    reply = ground.post("/api/survey", {"rating": rating})
    assert (reply.status_code, reply.json()) == (200, {"kept": True})
    (record,) = ground.shelf.everything()
    assert (record.session.account, record.session.name, record.lane.kind) == (0, "", "rating")
    assert record.created.time().isoformat() == "00:00:00"
    assert not record.lane.training
    assert ground.kept() == [{"rating": rating}]


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 4}, {"rating": 0}, {"rating": "1"}, {"rating": 1.5}, {"rating": True}, {"rating": None}, {},
        {"rating": 1, "comment": CANARY}, {"rating": 1, "session": CANARY},
        {"rating": [1]}, [], [1], 1, "dismiss", None,
        {"rating": "Dismiss"}, b"", b"rating=1", b'{"rating":1,"rating":2}', b"\xff", b"[" * 2000,
        b'{"rating":1} {"rating":1}', rb'{"rating":1,"r\u0061ting":2}', rb'{"r\u0061ting":1,"r\u0061ting":1}',
    ],
)  # fmt: skip
def test_anything_else_is_told_and_not_kept(ground: Ground, body: object, data: Path) -> None:
    reply = ground.post("/api/survey", body)
    assert reply.status_code in {413, 422}
    assert CANARY not in reply.text
    assert ground.kept() == []
    assert CANARY.encode() not in written(data)


def test_a_name_is_what_it_spells(ground: Ground) -> None:
    assert ground.post("/api/survey", rb'{"r\u0061ting":"d\u0069smiss"}').status_code == 200
    assert ground.kept() == [{"rating": "dismiss"}]


def test_equal_ratings_are_as_many_ratings(ground: Ground) -> None:
    for _ in range(3):
        ground.post("/api/survey", {"rating": 2})
    assert ground.kept("rating") == [{"rating": 2}] * 3


def test_a_rating_changes_neither_consent_nor_what_may_train(ground: Ground) -> None:
    shelf = ground.shelf
    before = shelf.account(PAT), shelf.account(ANN), shelf.organisation(ACME)
    eligible = shelf.kept("words", PAT)
    for rating in (1, 2, 3, "dismiss"):
        ground.post("/api/survey", {"rating": rating}, PAT)
    assert (shelf.account(PAT), shelf.account(ANN), shelf.organisation(ACME)) == before
    record = next(one for one in shelf.everything() if one.id == eligible)
    assert record.lane.training
    assert not any(one.lane.training for one in shelf.everything() if one.lane.kind == "rating")


def test_a_rating_is_kept_thirty_days(ground: Ground) -> None:
    ground.post("/api/survey", {"rating": 3})
    (record,) = ground.shelf.everything()
    assert record.expires - record.created == timedelta(days=30)


def test_zero_retention_is_answered_and_nothing_is_written(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    reply = ground.post("/api/survey", {"rating": 3})
    assert (reply.status_code, reply.json()) == (200, {"kept": False})
    assert ground.kept() == []
    assert ground.counted("survey") == {"forbidden:zdr": 1}


def test_what_zero_retention_sent_in_another_form_is_not_counted_either(ground: Ground) -> None:
    ground.shelf.change(ACME, {"zdr": True})
    assert ground.post("/api/survey", {"rating": 9}).status_code == 422
    assert ground.post("/api/survey", b"{" + b" " * 20_000).status_code in {413, 422}
    assert ground.counted("survey") == {}
    assert ground.post("/api/survey", {"rating": 9}, PAT).status_code == 422
    assert ground.counted("survey") == {"refused:422": 1}


def test_who_has_no_key_is_told_where_reports_carry_it(ground: Ground) -> None:
    reply = ground.client.post("/api/survey", content=b"{}")
    assert reply.status_code == 401
    assert "Sentry" in reply.text
    assert "ANTHROPIC" not in reply.text


@pytest.mark.parametrize("shown", ["sk-ant-oat01-secret", "sk-ant-api03-secret", "eyJhbGciOi.eyJzdWIi.sig", "two"])
def test_who_shows_a_key_of_something_else_is_told_where_reports_carry_theirs(ground: Ground, shown: str) -> None:
    headers = {"authorization": f"Bearer {ground.key()}", "x-api-key": ground.key(PAT)}
    headers = headers if shown == "two" else {"authorization": f"Bearer {shown}"}
    said = ground.client.post("/v1/logs", content=b"{}", headers=headers | {"content-type": "application/json"}).text
    assert "OTEL_EXPORTER_OTLP_HEADERS" in said
    assert "DSN" in said
    assert "ANTHROPIC" not in said
    assert shown == "two" or shown not in said


def test_no_product_feedback_is_answered_and_nothing_is_written(ground: Ground) -> None:
    ground.shelf.change(ACME, {"product-feedback": False})
    assert ground.post("/api/survey", {"rating": 3}).json() == {"kept": False}
    assert ground.kept() == []
    assert ground.counted("survey") == {"forbidden:survey.product-feedback-off": 1}


def test_no_key_keeps_nothing(ground: Ground) -> None:
    reply = ground.client.post("/api/survey", content=json.dumps({"rating": 1}))
    assert reply.status_code == 401
    assert ground.kept() == []
