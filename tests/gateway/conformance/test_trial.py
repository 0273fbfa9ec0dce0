from __future__ import annotations

import json

import pytest

from carnet.gateway.conformance.trial import NothingArrivedError
from tests.gateway.conformance.bad import KEY, Vices
from tests.gateway.conformance.ground import wrong


async def test_what_was_sent_what_arrived_and_what_came_back_stand_beside_each_other() -> None:
    async with wrong(Vices(), 5.0) as trial:
        scene = trial.scene()
        trip = await trial.post(scene, b"x-more: 1")
        assert trip.arrived().body == trip.sent
        assert trip.arrived().values(b"x-more") == [b"1"]
        assert json.loads(trip.answer.body)["id"].endswith(scene.nonce[-16:].decode())


async def test_what_never_arrived_is_told_with_the_answer_that_came_instead() -> None:
    async with wrong(Vices(answer=lambda _: b"HTTP/1.1 418 No\r\ncontent-length: 0\r\n\r\n"), 5.0) as trial:
        trip = await trial.ask(trial.scene(), b"GET /v1/models")
        with pytest.raises(NothingArrivedError, match="418"):
            trip.arrived()


async def test_a_head_has_the_prefix_of_the_gateway_and_each_header_once() -> None:
    async with wrong(Vices()) as trial:
        object.__setattr__(trial.target, "prefix", b"/anthropic")
        lines = trial.head(b"POST /v1/messages?a=b", b"anthropic-version: 1", size=3).split(b"\r\n")
        assert lines[0] == b"POST /anthropic/v1/messages?a=b HTTP/1.1"
        assert [line for line in lines if line.startswith(b"anthropic-version")] == [b"anthropic-version: 1"]
        assert b"x-api-key: " + KEY in lines
        assert KEY.decode() not in repr(trial)
