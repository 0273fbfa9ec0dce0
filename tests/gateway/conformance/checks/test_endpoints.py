from __future__ import annotations

import pytest

from carnet.gateway.conformance.check import Mark
from carnet.gateway.conformance.checks.endpoints import CHECKS
from carnet.gateway.conformance.saying import response
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims
from tests.gateway.conformance.ground import told, wrong

MOVED = b"HTTP/1.1 307 Elsewhere\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"


def answered(path: bytes, raw: bytes) -> Vices:
    return Vices(answer=lambda head: raw if head.split(b" ")[1].startswith(path) else None)


VICES = {
    "hello.head": answered(b"/api/hello", MOVED),
    "models.list": answered(b"/v1/models", MOVED),
    "count-tokens": answered(b"/v1/messages/count_tokens", b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
}


@pytest.mark.parametrize(
    ("name", "path", "raw", "mark"),
    [
        ("hello.head", b"/api/hello", b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", Mark.PASS),
        ("count-tokens", b"/v1/messages/count_tokens", b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", Mark.PASS),
        ("count-tokens", b"/v1/messages/count_tokens", response(b'{"input_tokens":7}'), Mark.PASS),
        ("models.list", b"/v1/models", response(b'{"data":[{"id":"claude-1"}]}'), Mark.PASS),
        ("models.list", b"/v1/models", response(b'{"models":[]}'), Mark.FAIL),
        ("models.list", b"/v1/models", response(b"no JSON"), Mark.FAIL),
    ],
)
async def test_what_a_gateway_may_answer_itself(name: str, path: bytes, raw: bytes, mark: Mark) -> None:
    async with wrong(answered(path, raw)) as trial:
        found = await told(trial, [one for one in CHECKS if one.id == name])
    assert found[name].mark is mark


def test_each_has_a_gateway_that_it_fails() -> None:
    assert {one.id for one in CHECKS} == set(VICES)


async def test_all_pass_on_our_relay() -> None:
    await claims.all_pass(CHECKS)


async def test_all_pass_on_a_gateway_without_a_vice() -> None:
    await claims.plain_passes(CHECKS)


@pytest.mark.parametrize("name", VICES)
async def test_each_can_fail(name: str) -> None:
    assert await claims.fails(CHECKS, name, VICES)
