from __future__ import annotations

import pytest

from carnet.gateway.conformance.checks.headers import CHECKS
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims

Message = tuple[list[bytes], bytes]


def without(name: bytes) -> Vices:
    """A gateway that forgets headers of a name, on the way out and back."""

    def dropped(lines: list[bytes], body: bytes) -> Message:
        return [line for line in lines if not line.lower().startswith(name)], body

    return Vices(request=dropped, response=dropped)


def in_order(lines: list[bytes], body: bytes) -> Message:
    head, *rest = lines
    return [head, *(_ordered(line) for line in rest)], body


def _ordered(line: bytes) -> bytes:
    name, _, value = line.partition(b": ")
    return name + b": " + b",".join(sorted(value.split(b","))) if name == b"anthropic-beta" else line


def no_query(lines: list[bytes], body: bytes) -> Message:
    return [b"POST /v1/messages HTTP/1.1", *lines[1:]], body


def last_only(lines: list[bytes], body: bytes) -> Message:
    return [line for line in lines if line != b"X-Carnet-Twice: one"], body


def ascii_only(lines: list[bytes], body: bytes) -> Message:
    return [line.decode("ascii", "replace").encode("ascii", "replace") for line in lines], body


VICES = {
    "request.query": Vices(request=no_query),
    "request.beta": Vices(request=in_order),
    "request.version": without(b"anthropic-version"),
    "request.unknown-headers": without(b"x-carnet"),
    "request.header-bytes": Vices(request=ascii_only),
    "request.client-headers": without(b"x-app"),
    "request.duplicate-headers": Vices(request=last_only),
    "request.hop-by-hop": Vices(leaking=True),
    "response.headers": without(b"request-id"),
    "response.duplicate-headers": Vices(response=last_only),
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
