from __future__ import annotations

import gzip

import pytest

from carnet.gateway.conformance.check import Mark
from carnet.gateway.conformance.checks.framing import CHECKS
from carnet.gateway.conformance.saying import response
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims
from tests.gateway.conformance.ground import told, wrong

Message = tuple[list[bytes], bytes]


def with_a_body(lines: list[bytes], _: bytes) -> Message:
    return lines, b"{}"


def always_gzip(lines: list[bytes], body: bytes) -> Message:
    return [*lines, b"content-encoding: gzip"], gzip.compress(body)


def never_gzip(lines: list[bytes], body: bytes) -> Message:
    """It unpacks, and says that it did not."""
    return lines, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


VICES = {
    "http.head": Vices(
        answer=lambda head: b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello" if head[:4] == b"HEAD" else None
    ),
    "http.204": Vices(response=with_a_body),
    "http.304": Vices(response=lambda lines, _: ([b"HTTP/1.1 200 OK", *lines[1:]], b"{}")),
    "http.gzip": Vices(response=never_gzip),
    "http.identity": Vices(response=always_gzip),
    "http.continue": Vices(impatient=True),
    "http.trailers": Vices(dropping=True),
}


async def test_what_the_gateway_answers_itself_is_not_tried() -> None:
    own = Vices(answer=lambda head: response(b"{}") if head.startswith(b"GET") else None)
    async with wrong(own) as trial:
        found = await told(trial, CHECKS, 0)
    assert {name for name, one in found.items() if one.mark is Mark.NOT_TRIED} == {"http.204", "http.304"}


def test_each_has_a_gateway_that_it_fails() -> None:
    assert {one.id for one in CHECKS} == set(VICES)


async def test_all_pass_on_our_relay() -> None:
    await claims.all_pass(CHECKS)


async def test_all_pass_on_a_gateway_without_a_vice() -> None:
    await claims.plain_passes(CHECKS)


@pytest.mark.parametrize("name", VICES)
async def test_each_can_fail(name: str) -> None:
    assert await claims.fails(CHECKS, name, VICES)
