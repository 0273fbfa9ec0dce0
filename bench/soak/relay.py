"""The relay under load for as long as you like, with the store away for some of it: `make soak MINUTES=30`.

Prints what clients were answered, whether every exchange has exactly one record, how large the spool grew, and the
growth of each process by linear fit. Ends with 1 where an exchange is missing, there twice, or was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.relaying import site, upstream
from tests.journeys.soaking import ANN, LOU, ZED, Load, Watch, missing, settle, soak, spool_bytes

if TYPE_CHECKING:
    from tests.journeys.relaying import Site


def main() -> int:
    """Soak, and say what was seen."""
    given = _arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, upstream() as fake:
        here = site(Path(folder) / "data", Path(folder))
        here.environ["CARNET_RELAY_SPOOL_BYTES"] = given.spool
        load = Load(here, settle(here, fake), given.clients, given.pause, given.size)
        seconds, away = given.minutes * 60, given.away * 60
        start = (seconds - away) / 3
        with here.serving():
            watch = Watch(here, 2.0)
            asyncio.run(soak(here, fake, load, watch, seconds, (start, start + away)))
            drained = _until_drained(here)
            wrong = {account: missing(here, load, account) for account in (ANN, LOU)}
            numbers = here.ask("GET", "/metrics")[1].decode()
    _say(load, watch, start, away, drained)
    kept = [line for line in numbers.splitlines() if line.startswith("carnet_relay_records_total")]
    print("\n".join(kept))
    # who only wants to be recorded has fewer records while there is no room, and never more
    more = [one for one, (meant, there) in wrong[LOU].items() if there > meant]
    print(f"sessions with missing or double records: {len(wrong[ANN])}; with more than there may be: {len(more)}")
    return 1 if wrong[ANN] or more or load.faults else 0


def _until_drained(here: Site) -> float:
    began = time.monotonic()
    while spool_bytes(here) and time.monotonic() - began < 600:
        time.sleep(0.5)
    time.sleep(3)
    return time.monotonic() - began


def _say(load: Load, watch: Watch, start: float, away: float, drained: float) -> None:
    for account in (ANN, LOU, ZED):
        print(f"{account}: {dict(load.statuses.get(account, {}))}")
    print(f"broken: {len(load.faults)} {load.faults[:3]}")
    print(f"spool: {max(size for _, size in watch.spooled)} bytes at most; empty {drained:.0f} s after the end")
    for name, rows in (
        ("before the store is away", watch.growth(start / 3, start)),
        ("after it is back", watch.growth(start + away + start / 3)),
    ):
        for process, first, last, slope in rows:
            print(f"process {process}, {name}: {first:.1f} to {last:.1f} MiB, {slope:+.3f} MiB a minute")
    for process, rows in watch.resident.items():
        print(f"process {process}: {max(size for _, size in rows):.1f} MiB at most")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--away", type=float, default=10.0, help="minutes of these in which the store is away")
    parser.add_argument("--clients", type=int, default=9)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two requests of a client")
    parser.add_argument("--size", type=int, default=2000, help="bytes of a prompt, about")
    parser.add_argument("--spool", default="1MB", help="relay.spool-bytes")
    parser.add_argument("--folder", help="where the data lies meanwhile (default: that of temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
