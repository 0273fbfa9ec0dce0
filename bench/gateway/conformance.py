"""The conformance suite on Carnet's relay and on LiteLLM, side by side, as Markdown.

    CARNET_LITELLM=DIR python bench/gateway/conformance.py

It runs where there is nothing but loopback, if a network namespace can be made; stacks.py says how to install LiteLLM.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

from stacks import MODEL, Running, carnet, enclosed, litellm

from carnet.gateway.conformance.check import Line, Mark
from carnet.gateway.conformance.suite import CHECKS, carried_out, reach
from carnet.gateway.conformance.target import target_at
from carnet.gateway.conformance.trial import Trial
from carnet.gateway.conformance.upstream import Upstream

PATIENCE = 30.0
"""Seconds: LiteLLM waits for as long as `retry-after` says, twice, before it answers."""
SHORT = {Mark.PASS: "pass", Mark.FAIL: "**fail**", Mark.NOT_TRIED: "not tried"}


async def run() -> None:
    upstream = Upstream()
    port = await upstream.start("127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ours = await asyncio.to_thread(stack.enter_context, carnet(port, folder / "carnet"))
        theirs = await asyncio.to_thread(stack.enter_context, litellm(port, folder / "litellm"))
        through = Running("LiteLLM, pass-through", theirs.port, theirs.pid, theirs.key, "/anthropic")
        columns = [(one, await tried(one, upstream)) for one in (ours, theirs, through)]
        print(f"LiteLLM {theirs.facts['version']}\n")
        show(columns)
        await asyncio.to_thread(stack.close)
    await upstream.stop()


async def tried(one: Running, upstream: Upstream) -> dict[str, Line]:
    upstream.arrivals.clear()
    trial = Trial(target_at(one.url), upstream, one.key.encode(), MODEL, PATIENCE)
    await reach(trial, 60)
    return {line.check.id: line async for line in carried_out(trial)}


def show(columns: list[tuple[Running, dict[str, Line]]]) -> None:
    names = [one.name for one, _ in columns]
    print("| check | asked by | " + " | ".join(names) + " |")
    print("|---|---|" + "---|" * len(names))
    for check in CHECKS:
        marks = [SHORT[lines[check.id].told.mark] for _, lines in columns]
        print(f"| `{check.id}` | {check.basis} | " + " | ".join(marks) + " |")
    totals = [sum(line.told.mark is Mark.PASS for line in lines.values()) for _, lines in columns]
    print("| passed | | " + " | ".join(f"{total} of {len(CHECKS)}" for total in totals) + " |")
    for one, lines in columns:
        odd = [line for line in lines.values() if line.told.mark is not Mark.PASS]
        print(f"\n### {one.name}\n" + "".join(f"\n- `{line.check.id}`: {line.told.seen}" for line in odd))


if __name__ == "__main__":
    enclosed()
    asyncio.run(run())
