"""What is told about deletions, as any library of Standard Webhooks checks it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from carnet.gateway.intake.webhooks import message
from tests.records.kept import NOW


def test_a_message_names_sessions_and_is_signed_over_id_time_and_body() -> None:
    told = message(["a", "b"], b"k" * 32, NOW)
    headers = dict(told.headers)
    assert json.loads(told.body)["data"] == {"sessions": ["a", "b"]}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + told.body
    wanted = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"


def test_the_same_told_again_has_the_same_id_and_more_has_another() -> None:
    ids = [dict(message(told, b"k", NOW).headers)["webhook-id"] for told in (["a"], ["a"], ["a", "b"])]
    assert ids[0] == ids[1] != ids[2]
