"""The store away under load, in less time than `make soak` takes: nothing lost, nothing twice, the spool bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.journeys.relaying import site, upstream
from tests.journeys.soaking import ANN, LOU, ZED, Load, Watch, missing, settle, slope, soak, spool_bytes

if TYPE_CHECKING:
    from pathlib import Path

SPOOL = 60_000


def test_while_the_store_is_away_the_spool_is_bounded_and_all_is_there_once_afterwards(data: Path, home: Path) -> None:
    here = site(data, home)
    here.environ["CARNET_RELAY_SPOOL_BYTES"] = str(SPOOL)
    with upstream() as fake:
        load = Load(here, settle(here, fake), clients=9, pause=0.02, size=2_000)
        with here.serving():
            watch = Watch(here, 0.2)
            asyncio.run(soak(here, fake, load, watch, 14.0, (4.0, 10.0)))
            here.until(lambda: not spool_bytes(here), 60)
            here.until(lambda: not missing(here, load, ANN), 30)
            passed = sum(load.statuses[LOU].values()) - len(here.records(account=LOU))
            text = here.ask("GET", "/metrics")[1].decode()
    assert load.faults == []
    assert set(load.statuses[ANN]) <= {200, 529}
    assert (set(load.statuses[LOU]), set(load.statuses[ZED])) == ({200}, {200})
    assert max(size for _, size in watch.spooled) <= SPOOL * 2  # each process knows of the other's within a second
    assert max(size for _, size in watch.spooled) > 0
    assert passed == _number(text, 'carnet_relay_records_total{outcome="passed"}')
    assert _number(text, 'carnet_relay_records_total{outcome="lost"}') == 0


def _number(text: str, name: str) -> int:
    found = [line for line in text.splitlines() if line.startswith(name)]
    return int(found[0].rpartition(" ")[2]) if found else 0


def test_the_line_that_fits_best_is_found() -> None:
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == 2.0
    assert slope([(1.0, 1.0)]) == 0.0
