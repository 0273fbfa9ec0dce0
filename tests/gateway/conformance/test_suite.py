from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.conformance.check import Basis, Check, Line, failed, not_tried, passed
from carnet.gateway.conformance.suite import CHECKS, UnrelatedError, carried_out, reach, status
from tests.gateway.conformance.bad import KEY, Vices
from tests.gateway.conformance.ground import ours, told, wrong

if TYPE_CHECKING:
    from carnet.gateway.conformance.trial import Trial

CLOSED = b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"


def line(mark: object) -> Line:
    async def run(_: Trial) -> object:
        return mark

    return Line(Check("a", Basis.HTTP, "that it is", run), mark)  # type: ignore[arg-type]


def test_ids_are_unique_and_every_check_says_what_it_asks() -> None:
    assert len({one.id for one in CHECKS}) == len(CHECKS) > 60
    assert all(one.asks for one in CHECKS)


def test_the_status_tells_findings_from_what_could_not_be_told() -> None:
    assert status([line(passed("x"))]) == 0
    assert status([line(passed("x")), line(not_tried("x"))]) == 3
    assert status([line(passed("x")), line(not_tried("x")), line(failed("x"))]) == 1
    assert status([]) == 3


async def test_a_gateway_that_sends_elsewhere_is_told_as_such() -> None:
    async with ours() as trial:
        await reach(trial, 0)
    async with wrong(Vices(answer=lambda _: CLOSED), 5.0) as trial:
        with pytest.raises(UnrelatedError, match="answered 403"):
            await reach(trial, 0)


async def test_a_gateway_that_comes_up_late_is_waited_for() -> None:
    closed = [CLOSED, CLOSED]
    async with wrong(Vices(answer=lambda _: closed.pop() if closed else None), 5.0) as trial:
        await reach(trial, 60, 0)
    assert not closed


async def test_a_gateway_that_is_not_there_is_told_as_such() -> None:
    async with wrong(Vices()) as trial:
        pass
    with pytest.raises(UnrelatedError, match="no connection"):
        await reach(trial, 0)


async def test_whatever_a_gateway_answers_is_a_finding_and_shows_no_key() -> None:
    async def run(_: Trial) -> object:
        return failed(f"it said {KEY.decode()}\x1b[2J")

    shown = Check("shown", Basis.HTTP, "that it is", run)  # type: ignore[arg-type]
    async with wrong(Vices(answer=lambda _: b"SSH\r\n\r\n")) as trial:
        found = await told(trial, [shown, CHECKS[0]], 0)
    assert found["shown"] == failed("it said (the key)\ufffd[2J")
    assert "no sound HTTP" in found[CHECKS[0].id].seen


async def test_checks_are_told_one_by_one_as_they_end() -> None:
    gone = asyncio.Event()

    async def wait(_: Trial) -> object:
        await gone.wait()
        return passed("x")

    last = Check("last", Basis.HTTP, "that it is", wait)  # type: ignore[arg-type]
    async with ours() as trial:
        lines = carried_out(trial, [CHECKS[0], last])
        assert (await anext(lines)).check is CHECKS[0]
        gone.set()
        assert (await anext(lines)).check is last


async def test_a_check_that_failed_while_nothing_went_through_is_tried_again() -> None:
    """The gateway refuses for a while, as one does that spares a failing upstream."""
    closed = [CLOSED, CLOSED]
    async with wrong(Vices(answer=lambda _: closed.pop() if closed else None), 5.0) as trial:
        assert (await told(trial, [CHECKS[0]]))[CHECKS[0].id].mark == "pass"


async def test_but_not_for_ever() -> None:
    async with wrong(Vices(answer=lambda _: CLOSED), 5.0) as trial:
        lines = [one async for one in carried_out(trial, [CHECKS[0]], calm=0)]
    assert [one.told.mark for one in lines] == ["fail"]
