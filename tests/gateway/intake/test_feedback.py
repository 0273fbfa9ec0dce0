"""What a person sends on purpose: kept as long as it was said, without secrets, and never against the terms."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.intake.feedback import LONGEST_DESCRIPTION, session_of
from tests.gateway.intake.ground import CANARY, written
from tests.records.kept import ACME, ANN, PAT, PEOPLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.intake.ground import Ground

TURNS = [{"role": "user", "content": "def login(): pass  # in src/app.py"}, "anything", 5, None, ["x"]]
FEEDBACK = {"description": "it stopped", "transcript": TURNS, "scope": "session"}
SHARE = {"consent": "yes", "transcript": TURNS}
SECRET = "ghp_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3cD6"


@pytest.mark.parametrize("scope", ["session", "24h", "7d"])
def test_a_report_is_kept_five_years_under_its_receipt(ground: Ground, scope: str) -> None:
    reply = ground.post("/api/feedback", {**FEEDBACK, "scope": scope})
    receipt = reply.json()["receipt"]
    (record,) = ground.shelf.everything()
    assert (record.session.name, record.lane.retention) == (session_of(receipt), "years5")
    (body,) = ground.kept("feedback")
    assert body["report"] == {"description": "it stopped", "scope": scope, "transcript": TURNS}


def test_a_report_that_is_sent_again_is_kept_once(ground: Ground) -> None:
    replies = [ground.post("/api/feedback", FEEDBACK).json() for _ in range(3)]
    assert replies[0] == replies[1] == replies[2]
    assert len(ground.kept("feedback")) == 1
    assert ground.post("/api/feedback", FEEDBACK, PAT).status_code == 200
    assert len(ground.kept("feedback")) == 2


def test_a_shared_transcript_is_kept_six_months(ground: Ground) -> None:
    assert ground.post("/api/transcript-share", SHARE).json()["kept"]
    (record,) = ground.shelf.everything()
    assert (record.lane.flow, record.lane.retention) == ("transcript-share", "months6")
    assert timedelta(days=180) <= record.expires - record.created <= timedelta(days=184)


@pytest.mark.parametrize("consent", ["no", "Yes", "yes ", "", True, 1, None, ["yes"]])
def test_without_an_explicit_yes_nothing_is_taken(ground: Ground, consent: object, data: Path) -> None:
    body = {"consent": consent, "transcript": [CANARY]}
    assert ground.post("/api/transcript-share", body).status_code == 422
    assert ground.post("/api/transcript-share", {"transcript": [CANARY]}).status_code == 422
    assert ground.kept() == []
    assert CANARY.encode() not in written(data)


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "30d"}, {"scope": None}, {"description": 5}, {"description": "x" * (LONGEST_DESCRIPTION + 1)},
        {"transcript": "text"}, {"transcript": None}, {"extra": CANARY},
    ],
)  # fmt: skip
def test_another_form_is_told_and_not_kept(ground: Ground, change: dict[str, object]) -> None:
    reply = ground.post("/api/feedback", {**FEEDBACK, **change})
    assert reply.status_code == 422
    assert CANARY not in reply.text
    assert ground.kept() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"description":"\\ud800"}'])
def test_what_is_no_json_is_told(ground: Ground, body: bytes) -> None:
    assert ground.post("/api/feedback", body).status_code == 422


def test_half_a_character_does_not_cost_the_report(ground: Ground) -> None:
    body = b'{"description":"cut \\ud83d","scope":"7d","transcript":["\\ud83d\\ude00"]}'
    assert ground.post("/api/feedback", body).json()["kept"]
    report = ground.kept("feedback")[0]["report"]
    assert report == {"description": "cut \ufffd", "scope": "7d", "transcript": ["\U0001f600"]}


def test_a_transcript_that_is_nested_too_deep_is_told(ground: Ground) -> None:
    deep = b'{"description":"","scope":"7d","transcript":' + b"[" * 900 + b"]" * 900 + b"}"
    assert ground.post("/api/feedback", deep).status_code in {200, 422}


def test_secrets_are_taken_out_before_anything_is_written(ground: Ground, data: Path) -> None:
    body = {"description": f"my key is {SECRET}", "transcript": [{"content": f"\\n{SECRET}"}, SECRET], "scope": "7d"}
    reply = ground.post("/api/feedback", body)
    assert reply.json()["removed"] == 3
    assert SECRET not in str(ground.kept())
    assert SECRET.encode() not in written(data)
    assert ground.kept("feedback")[0]["removed"] == {"github-token": 3}


@pytest.mark.parametrize(("path", "body"), [("/api/feedback", FEEDBACK), ("/api/transcript-share", SHARE)])
@pytest.mark.parametrize("switches", [{"zdr": True}, {"product-feedback": False}])
def test_what_terms_forbid_is_answered_and_not_kept(
    ground: Ground, path: str, body: object, switches: dict[str, bool]
) -> None:
    ground.shelf.change(ACME, switches)
    reply = ground.post(path, body)
    assert (reply.status_code, reply.json()) == (200, {"receipt": None, "kept": False})
    assert ground.kept() == []


def test_what_may_train_is_decided_by_the_terms(ground: Ground) -> None:
    named = {"x-carnet-provider": "anthropic"}
    for account in (ANN, PAT):
        ground.post("/api/feedback", FEEDBACK, account, named)
    ground.shelf.change(PEOPLE, {"product-feedback": True})
    eligible = {one.session.organisation: one.lane.training for one in ground.shelf.everything()}
    assert eligible == {ground.shelf.organisation(ACME).id: False, ground.shelf.organisation(PEOPLE).id: True}


def test_one_report_can_be_deleted_by_its_receipt(ground: Ground) -> None:
    receipt = ground.post("/api/feedback", FEEDBACK).json()["receipt"]
    ground.post("/api/feedback", {**FEEDBACK, "description": "another"})
    ground.shelf.erase(session=session_of(receipt), account=ANN)
    assert [body["report"]["description"] for body in ground.kept("feedback")] == ["another"]


@pytest.mark.parametrize("where", ["1e999", "[1e999]", '[{"a": [-1e400]}]', '["cut \\ud83d", 1e999]'])
@pytest.mark.parametrize("path", ["/api/feedback", "/api/transcript-share"])
def test_a_number_that_no_program_holds_is_refused_by_its_field(ground: Ground, path: str, where: str) -> None:
    given = FEEDBACK if path == "/api/feedback" else SHARE
    body = json.dumps({**given, "transcript": 0}).replace('"transcript": 0', f'"transcript": {where}')
    reply = ground.client.post(path, content=body, headers={"authorization": f"Bearer {ground.key()}"})
    assert reply.status_code == 422
    assert "transcript: there is a number" in reply.text
    assert ground.kept() == []
