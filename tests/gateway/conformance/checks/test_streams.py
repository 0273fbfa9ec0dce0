from __future__ import annotations

import pytest

from carnet.gateway.conformance.checks.streams import CHECKS
from carnet.gateway.conformance.saying import COMMENT, ERROR, PING, STOP
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims


def without(part: bytes) -> Vices:
    return Vices(piece=lambda piece: piece.replace(part, b""))


VICES = {
    "stream.identical": Vices(piece=lambda piece: piece.replace(b"claude-opus", b"claude")),
    "stream.first-event": Vices(buffered=-1),
    "stream.each-event": Vices(buffered=2),
    "stream.ping": without(PING),
    "stream.comment": without(COMMENT),
    "stream.error-frame": Vices(piece=lambda piece: STOP if piece == ERROR else piece),
    "stream.broken": Vices(mending=True),
}


def test_each_has_a_gateway_that_it_fails() -> None:
    assert {one.id for one in CHECKS} == set(VICES)


async def test_all_pass_on_our_relay() -> None:
    await claims.all_pass(CHECKS)


async def test_all_pass_on_a_gateway_without_a_vice() -> None:
    await claims.plain_passes(CHECKS)


@pytest.mark.parametrize("name", VICES)
async def test_each_can_fail(name: str) -> None:
    assert await claims.fails(CHECKS, name, VICES)
