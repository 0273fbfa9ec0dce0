"""The program that is watched: it reports everything there is to report, each service to a collector of its own."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.agent import Agent, Collector, DomainCheck, Fetcher, Limits, Reporter, Where
from tests.wire.cells import DAY, PORT, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHO = Agent("wired", "1.0", as_of=DAY)
QUICK = Limits(interval=0.01, flush=10, timeout=5)
CALLS: dict[str, Callable[[Reporter], object]] = {
    "metrics": lambda one: one.metric("session.count") and one.event("session.start"),
    "errors": lambda one: one.error(ValueError("x")),
    "feedback": lambda one: one.feedback("slow", [{"role": "user"}]),
    "survey": lambda one: one.survey_due() and one.survey(2),
}


def run(root: Path, scene: str) -> None:
    """What the cell asks for, to its end."""
    if scene == "leaking":
        _leak()
        return
    where = Where(managed=root / "managed")
    if scene == "plain":
        _report(where, QUICK)
        return
    far = replace(QUICK, interval=3600) if scene == "queued" else QUICK
    waiting = [_one(where, service, far, down=scene == "spooled") for service in CALLS]
    for one in waiting if scene == "spooled" else ():
        one.close()
    os.environ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
    for one in waiting:
        one.close()
    _report(where, QUICK)


def _report(where: Where, limits: Limits) -> None:
    for one in [_one(where, service, limits) for service in CALLS]:
        one.close()
    check = DomainCheck(f"http://{SERVICES['domain-check']}:{PORT}")
    Fetcher(check, WHO, where).preflight("pages.example")


def _one(where: Where, service: str, limits: Limits, *, down: bool = False) -> Reporter:
    """A reporter of one service, after its call. Where its collector is down, no connection is tried at all."""
    address = f"http://{SERVICES[service]}:{PORT}"
    one = Reporter(Collector(address, "ck_wire"), WHO, where, limits, lambda: 0.0)
    if down:
        one._outbox._quiet = float("inf")
    if service != "feedback" or (limits is QUICK and not down):  # feedback never waits
        CALLS[service](one)
    return one


def _leak() -> None:
    for family, address in ((socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8::9")):
        with socket.socket(family) as one, suppress(OSError):
            one.settimeout(1)
            one.connect((address, 443))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.sendto(b"a question", ("198.51.100.53", 53))
