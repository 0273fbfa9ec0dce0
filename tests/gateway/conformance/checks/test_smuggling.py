from __future__ import annotations

import pytest

from carnet.gateway.conformance.checks.smuggling import CHECKS
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.checks import claims

VICES = {one.id: Vices(blind=True) for one in CHECKS}
"""Whoever passes on what comes passes on every one of these."""


def test_each_has_a_gateway_that_it_fails() -> None:
    assert {one.id for one in CHECKS} == set(VICES)


async def test_all_pass_on_our_relay() -> None:
    await claims.all_pass(CHECKS)


@pytest.mark.parametrize("name", VICES)
async def test_each_can_fail(name: str) -> None:
    assert await claims.fails(CHECKS, name, VICES)
