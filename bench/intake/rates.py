"""Reports a second and core: Bugsink and Carnet take the same events in turns; Carnet takes OTLP logs in batches.

    CARNET_BUGSINK=DIR PYTHONPATH=bench/gateway .venv/bin/python bench/intake/rates.py [--rounds 5] [--connections 32]
                                            [--different]

The load (load.py; eight connections for logs) runs on core 0, the servers on core 1, on loopback. Every report differs
from every other, and what was acknowledged is counted in the store at the end. `per core` is what a whole core carries:
requests divided by the processor time that the server's processes used; `wall` is what came through here and now. Of
Bugsink only gunicorn's time counts, not that of digesting, without which nobody sees the event. Carnet's is all of it:
an acknowledged report is sealed, on the disk and indexed. The first line says how long five million additions take.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bodies import BATCH, different, events, logs, packed
from bugsink import bugsink
from stacks import CARNET, Running, enclosed, free_port, process, until_listening, used

from carnet.gateway.intake.reports import taken
from carnet.settings import load as load_settings
from carnet.stores.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
LOAD_CORE, SERVER_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report."""

    name: str
    path: str
    media: str
    coding: str
    connections: int
    each: int = 1
    """Records in a request."""


SENTRY = Kind("sentry", "/api/1/envelope/", "application/x-sentry-envelope", "gzip", 32)
OTLP = Kind("otlp", "/v1/logs", "application/x-protobuf", "", 8, BATCH)


@dataclass(slots=True)
class Row:
    """What was measured of one server, round by round."""

    core: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    """Microseconds of processor time an event that what runs behind the server takes meanwhile."""
    requests: int = 0
    errors: int = 0


def calibration() -> float:
    before, number = time.process_time(), 0
    for one in range(5_000_000):
        number += one
    return time.process_time() - before


@contextmanager
def carnet(folder: Path, core: int) -> Iterator[Running]:
    """Ours, with the pages, as `carnet serve --only web` starts it."""
    folder.mkdir(parents=True)
    port, log, data = free_port(), folder / "carnet.out", folder / "data"
    environ = {"CARNET_DATA": str(data), "HOME": str(folder), "CARNET_INTAKE_GRPC_PORT": str(free_port())}

    def do(*args: str) -> str:
        whole = {**os.environ, **environ}
        done = subprocess.run([*CARNET, *args], env=whole, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"carnet {' '.join(args)}: {done.stderr}")
        return done.stdout.strip()

    do("org", "add", "Bench", "--terms", "commercial", "--tier", "enterprise")
    do("account", "add", "ann@bench.example", "--org", "Bench")
    key = do("key", "create", "--account", "ann@bench.example", "--scope", "intake").split()[-1]
    with process([*CARNET, "serve", "--only", "web", "--port", str(port)], environ, log, core) as started:
        until_listening(port, started, log)
        time.sleep(2)
        yield Running("Carnet", port, started.pid, key, facts={"data": str(data), "errors": str(log)})


def load(kind: Kind, one: Running, bodies: Sequence[bytes], folder: Path) -> dict[str, float]:
    head, file = folder / "head", folder / "bodies"
    file.write_bytes(packed(bodies))
    fields = {"host": "localhost", "content-type": kind.media, "x-forwarded-proto": "https"}
    fields |= {"content-encoding": kind.coding} if kind.coding else {}
    if kind.name == "sentry":
        fields["x-sentry-auth"] = f"Sentry sentry_key={one.key}, sentry_version=7, sentry_client=bench/1"
    else:
        fields["authorization"] = f"Bearer {one.key}"
    lines = [f"POST {kind.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    head.write_text("".join(f"{line}\r\n" for line in lines), newline="")
    words = ["taskset", "-c", str(LOAD_CORE), sys.executable, str(HERE / "load.py"), str(one.port)]
    words += [str(file), str(head), str(kind.connections)]
    said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    return dict(json.loads(said.stdout))


def measure(kind: Kind, one: Running, bodies: Sequence[bytes], folder: Path, row: Row) -> None:
    digesting = int(one.facts.get("digesting", "0"))
    before, behind = used(one.pid, ended=True), used(digesting, ended=True) if digesting else 0.0
    said = load(kind, one, bodies, folder)
    spent = used(one.pid, ended=True) - before
    count = max(said["requests"], 1)
    row.core.append(count * kind.each / spent)
    row.wall.append(count * kind.each / said["seconds"])
    row.p50.append(said["p50"])
    row.p99.append(said["p99"])
    row.behind.append((used(digesting, ended=True) - behind) / count * 1e6 if digesting else 0.0)
    row.requests += int(said["requests"])
    row.errors += int(said["errors"])


def stored(data: Path) -> int:
    """Records in a store nobody serves any more."""
    settings = load_settings({"CARNET_DATA": str(data), "HOME": str(data.parent)})
    with closing(open_store(settings)) as store:
        return sum(one.records for one in taken(store.records))


def show(title: str, rows: dict[str, Row]) -> None:
    print(
        f"\n### {title}\n\n| | per core | wall | p50 ms | p99 ms | requests | errors |\n|---|---|---|---|---|---|---|"
    )
    for name, row in rows.items():
        middle = [statistics.median(one) for one in (row.core, row.wall, row.p50, row.p99)]
        cells = " | ".join(f"{one:,.0f}" for one in middle)
        print(f"| {name} | {cells} | {row.requests} | {row.errors} |")
    sys.stdout.flush()


def sentry(given: argparse.Namespace, folder: Path) -> None:
    ours, theirs = given.events, max(40, given.events // 20)
    bodies = (different if given.different else events)((given.rounds + 1) * ours)
    rows = {"Bugsink": Row(), "Carnet": Row()}
    ratios = []
    with bugsink(folder / "bugsink", SERVER_CORE) as peer, carnet(folder / "sentry", SERVER_CORE) as one:
        kind = replace(SENTRY, connections=given.connections)
        load(kind, peer, bodies[:40], folder)
        load(kind, one, bodies[:40], folder)
        for at in range(1, given.rounds + 1):
            mine = bodies[at * ours : (at + 1) * ours]
            measure(kind, peer, mine[:theirs], folder, rows["Bugsink"])
            measure(kind, one, mine, folder, rows["Carnet"])
            ratios.append(rows["Carnet"].core[-1] / rows["Bugsink"].core[-1])
    title = f"Sentry events, {len(bodies[0])} bytes compressed, {given.connections} connections"
    show(f"{title}, Bugsink {peer.facts['version']}", rows)
    print(f"\nCarnet to Bugsink, by round: {', '.join(f'{one:.1f}' for one in ratios)}; median "
          f"{statistics.median(ratios):.1f}. Digesting takes {statistics.median(rows['Bugsink'].behind):,.0f} us "
          "an event more.")  # fmt: skip
    print(f"{rows['Carnet'].requests} events acknowledged; {stored(Path(one.facts['data']))} in the store, "
          "with 40 sent before.")  # fmt: skip


def otlp(given: argparse.Namespace, folder: Path) -> None:
    bodies = logs((given.rounds + 1) * given.batches)
    row = Row()
    with carnet(folder / "otlp", SERVER_CORE) as one:
        load(OTLP, one, bodies[: given.batches], folder)
        for at in range(1, given.rounds + 1):
            measure(OTLP, one, bodies[at * given.batches : (at + 1) * given.batches], folder, row)
    show(f"OTLP log records in batches of {BATCH}, {len(bodies[0]):,} bytes", {"Carnet": row})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--different", action="store_true", help="errors of which no two have a frame in common")
    parser.add_argument("--only", default="sentry,otlp")
    given = parser.parse_args()
    enclosed()
    print(f"calibration: {calibration():.2f} s")
    with tempfile.TemporaryDirectory() as name:
        for part in given.only.split(","):
            {"sentry": sentry, "otlp": otlp}[part](given, Path(name))
    print(f"\ncalibration: {calibration():.2f} s")


if __name__ == "__main__":
    main()
