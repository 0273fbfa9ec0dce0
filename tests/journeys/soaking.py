"""Load on a relay of real processes for any length of time, with the store away for some of it, and the books after."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.journeys.relaying import body_of, children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateway.upstream import Fake
    from tests.journeys.relaying import Site

ANN, LOU, ZED = "ann@acme.test", "lou@loose.test", "zed@quiet.test"
"""Of an organisation that must be recorded, of one that wants to be, and of one with zero data retention."""
LARGEST_FILE = 1 << 18
"""Bytes beyond which no relay process can write a file while the store is to be away: its files are larger."""


@dataclass(slots=True)
class Load:
    """Clients that send one request after the other, and what they were answered."""

    here: Site
    keys: dict[str, str]
    clients: int = 8
    pause: float = 0.1
    size: int = 500
    """Bytes of a prompt, of characters that do not compress well."""
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(account, session) -> exchanges that ended well."""
    faults: list[str] = field(default_factory=list)
    going: bool = True

    async def run(self) -> None:
        accounts = list(self.keys)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:
            await asyncio.gather(*(self._client(http, n, accounts[n % len(accounts)]) for n in range(self.clients)))

    async def _client(self, http: aiohttp.ClientSession, number: int, account: str) -> None:
        sent = 0
        while self.going:
            session = f"c{number}-{sent // 50}"
            try:
                await self._one(http, account, session, stream=sent % 3 == 0)
            except (OSError, aiohttp.ClientError, TimeoutError) as error:
                self.faults.append(repr(error))
            sent += 1
            await asyncio.sleep(self.pause)

    async def _one(self, http: aiohttp.ClientSession, account: str, session: str, *, stream: bool) -> None:
        text = f"{time.monotonic_ns():x}".join(str(n * 7919 % 104729) for n in range(self.size // 16))
        async with http.post(
            f"http://127.0.0.1:{self.here.port}/v1/messages",
            data=body_of(text, stream=stream),
            headers={"x-api-key": self.keys[account], "x-claude-code-session-id": session},
        ) as answer:
            await answer.read()
            self.statuses.setdefault(account, Counter())[answer.status] += 1
            if answer.status == 200:
                self.answered[account, session] += 1


@dataclass(slots=True)
class Watch:
    """What the relay's processes take, looked at every so often."""

    here: Site
    every: float = 1.0
    resident: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    """Process -> (seconds since the start, MiB)."""
    spooled: list[tuple[float, int]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        while True:
            at = time.monotonic() - self.began
            for process in children(self.here):
                self.resident.setdefault(process, []).append((at, resident(process)))
            self.spooled.append((at, spool_bytes(self.here)))
            await asyncio.sleep(self.every)

    def growth(self, since: float, until: float = float("inf")) -> Iterator[tuple[int, float, float, float]]:
        """(process, first and last MiB, MiB a minute by linear fit) between two instants."""
        for process, rows in self.resident.items():
            late = [row for row in rows if since <= row[0] < until]
            if len(late) > 1:
                yield process, late[0][1], late[-1][1], slope(late) * 60


def slope(rows: list[tuple[float, float]]) -> float:
    """Of the straight line that fits best."""
    middle_x, middle_y = (sum(row[at] for row in rows) / len(rows) for at in (0, 1))
    spread = sum((x - middle_x) ** 2 for x, _ in rows)
    return sum((x - middle_x) * (y - middle_y) for x, y in rows) / spread if spread else 0.0


def resident(process: int) -> float:
    """MiB that a process has in memory; 0 where it has just ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * resource.getpagesize() / (1 << 20)


def spool_bytes(here: Site) -> int:
    """Bytes of whole batches that wait."""
    total = 0
    for path in here.data.glob("spool/*.sealed"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def settle(here: Site, fake: Fake) -> dict[str, str]:
    """Three organisations with a person and a key each, and an upstream."""
    keys = {}
    for organisation, account, more in (
        ("Acme", ANN, ()), ("Loose", LOU, ("--recording", "wanted")), ("Quiet", ZED, ("--zdr", "on"))
    ):  # fmt: skip
        here.carnet("org", "add", organisation, "--terms", "commercial", "--tier", "enterprise")
        if more:
            here.carnet("org", "set", organisation, *more)
        here.carnet("account", "add", account, "--org", organisation)
        keys[account] = here.carnet("key", "create", "--account", account).strip()
    here.carnet("upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY")
    return keys


def limit_files(here: Site, most: int) -> None:
    """Let no relay process write beyond that many bytes of a file: a full disk for whatever has grown."""
    for process in children(here):
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, hard))


async def soak(here: Site, fake: Fake, load: Load, watch: Watch, seconds: float, away: tuple[float, float]) -> None:
    """Load for so many seconds; between two of them the store is away."""
    watching = asyncio.create_task(watch.run())
    loading = asyncio.create_task(load.run())
    began = time.monotonic()
    try:
        for until, most in ((away[0], -1), (away[1], LARGEST_FILE), (seconds, -1)):
            if until > 0:
                limit_files(here, most)
            while time.monotonic() - began < until:
                fake.requests.clear()
                await asyncio.sleep(0.1)
        limit_files(here, -1)
    finally:
        load.going = False
        await loading
        watching.cancel()


def missing(here: Site, load: Load, account: str) -> dict[str, tuple[int, int]]:
    """Sessions whose records are not as many as the exchanges that ended well: (exchanges, records)."""
    there = Counter(str(row["session"]) for row in here.records(account=account))
    meant = {session: number for (who, session), number in load.answered.items() if who == account}
    return {one: (meant.get(one, 0), there[one]) for one in meant.keys() | there if meant.get(one, 0) != there[one]}
