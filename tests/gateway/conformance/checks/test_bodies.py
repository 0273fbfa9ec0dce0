from __future__ import annotations

import json

import pytest

from carnet.gateway.conformance.checks.bodies import CHECKS
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims

Message = tuple[list[bytes], bytes]


def written_anew(lines: list[bytes], body: bytes) -> Message:
    return lines, json.dumps(json.loads(body)).encode()


def without(*names: str) -> Vices:
    def request(lines: list[bytes], body: bytes) -> Message:
        return lines, json.dumps({key: value for key, value in json.loads(body).items() if key not in names}).encode()

    return Vices(request=request)


def flattened(lines: list[bytes], body: bytes) -> Message:
    read = json.loads(body)
    read["system"] = "".join(block["text"] for block in read.get("system", ()))
    return lines, json.dumps(read).encode()


def cut(lines: list[bytes], body: bytes) -> Message:
    return lines, body[:700]


VICES = {
    **{f"request.body-{size}": Vices(request=written_anew) for size in ("1k", "85k", "2m")},
    **{f"response.body-{size}": Vices(response=written_anew) for size in ("1k", "85k", "2m")},
    "request.unknown-fields": without("carnet_unknown"),
    "request.paired-fields": without("output_config"),
    "request.system-order": Vices(request=flattened),
    "request.chunked": Vices(request=cut),
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
