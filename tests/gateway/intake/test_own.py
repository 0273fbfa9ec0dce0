"""How Carnet's own clients are spoken to."""

from __future__ import annotations

import json

from carnet.gateway.intake.contract import RefusedError
from carnet.gateway.intake.own import refuse, texts
from tests.gateway.intake.ground import asked


def test_a_key_is_in_either_header() -> None:
    assert texts(asked(authorization="Bearer a", x_api_key="b")) == ["Bearer a", "b"]
    assert texts(asked()) == []


def test_a_refusal_is_json_and_says_when_to_come_back() -> None:
    reply = refuse(asked(), RefusedError(503, "Away.", 5))
    assert (reply.status, dict(reply.headers)) == (503, {"Retry-After": "5"})
    assert json.loads(reply.body) == {"error": {"status": 503, "text": "Away."}}
