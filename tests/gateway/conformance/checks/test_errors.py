from __future__ import annotations

import pytest

from carnet.gateway.conformance.checks.errors import CHECKS
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims

Message = tuple[list[bytes], bytes]


def wrapped(lines: list[bytes], body: bytes) -> Message:
    return lines, b'{"error":%b}' % body


def blunt(lines: list[bytes], body: bytes) -> Message:
    return [b"HTTP/1.1 500 No", *lines[1:]], body


def hurried(lines: list[bytes], body: bytes) -> Message:
    return [line for line in lines if not line.startswith(b"retry-after")], body


VICES = {
    **{f"error.{status}": Vices(response=wrapped) for status in ("400", "401", "500")},
    **{f"error.{status}": Vices(response=blunt) for status in ("404", "413")},
    **{f"error.{status}": Vices(response=hurried) for status in ("429", "529")},
    "error.before-stream": Vices(response=wrapped),
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
