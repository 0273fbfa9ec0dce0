"""What each file of checks must hold: all pass on our relay and on a plain gateway, each fails on a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.gateway.conformance.check import Mark
from tests.gateway.conformance.bad import Vices
from tests.gateway.conformance.ground import ours, told, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.gateway.conformance.check import Check


async def all_pass(checks: Sequence[Check]) -> None:
    async with ours() as trial:
        assert {
            name: (one.mark, one.seen) for name, one in (await told(trial, checks)).items() if one.mark != Mark.PASS
        } == {}


async def plain_passes(checks: Sequence[Check]) -> None:
    """A gateway without a vice: what fails on a bad one fails for its vice."""
    async with wrong(Vices(), 5.0) as trial:
        assert {
            name: (one.mark, one.seen) for name, one in (await told(trial, checks)).items() if one.mark != Mark.PASS
        } == {}


async def fails(checks: Sequence[Check], name: str, vices: Mapping[str, Vices]) -> str:
    """What was seen of the failure."""
    (check,) = [one for one in checks if one.id == name]
    async with wrong(vices[name]) as trial:
        found = (await told(trial, [check], 0))[name]
    assert (found.mark, found.seen) == (Mark.FAIL, found.seen)
    return found.seen
