from __future__ import annotations

import pytest

from carnet.gateway.conformance.check import Mark
from carnet.gateway.conformance.checks.credentials import CHECKS, unlike
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims
from tests.gateway.conformance.ground import ours, told

NO = b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"


def only(wanted: bytes, unwanted: bytes = b"no such header") -> Vices:
    """A gateway that takes one form of a credential."""
    return Vices(answer=lambda head: None if wanted in head.lower() and unwanted not in head.lower() else NO)


VICES = {
    "credential.x-api-key": only(b"authorization: "),
    "credential.bearer": only(b"x-api-key: "),
    "credential.both": only(b"x-api-key: ", b"authorization: "),
    "credential.wrong": Vices(open=True),
    "credential.hidden": Vices(leaking=True),
}


def test_a_wrong_key_looks_like_the_right_one_and_is_another() -> None:
    for key in (b"sk-1234567890123456789", b"k", b"sk-x" + b"x" * 16):
        assert unlike(key) != key
        assert unlike(key)[:1] == key[:1]


async def test_without_a_key_none_is_tried() -> None:
    async with ours() as trial:
        trial.key = b""
        assert {one.mark for one in (await told(trial, CHECKS)).values()} == {Mark.NOT_TRIED}


def test_each_has_a_gateway_that_it_fails() -> None:
    assert {one.id for one in CHECKS} == set(VICES)


async def test_all_pass_on_our_relay() -> None:
    await claims.all_pass(CHECKS)


async def test_all_pass_on_a_gateway_without_a_vice() -> None:
    await claims.plain_passes(CHECKS)


@pytest.mark.parametrize("name", VICES)
async def test_each_can_fail(name: str) -> None:
    assert await claims.fails(CHECKS, name, VICES)
