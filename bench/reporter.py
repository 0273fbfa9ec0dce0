"""What a call of the reporter costs the program that makes it, off and on; beside it, what the least check would cost.

    .venv/bin/python bench/reporter.py [--calls 200000] [--rounds 7]

Off: `metric()` where DISABLE_TELEMETRY is set; the look at changed settings files once a second is in it. On: the same
call queues a number, with a thread that packs and sends to a collector on loopback. `getenv`: one look at one
variable as anybody would write it, in the same run. Prints one JSON line of microseconds: the median of the rounds
and their range; and the milliseconds until a first reporter is ready, in new processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.agent import Agent, Collector, Limits, Reporter, Where

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 4, 23)
FIRST = """
import time
before = time.perf_counter()
from carnet.agent import Agent, Collector, Reporter
reporter = Reporter(Collector("http://127.0.0.1:9", "ck_bench"), Agent("bench"))
print((time.perf_counter() - before) * 1000)
"""


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="carnet-bench-") as folder:
        os.environ["HOME"] = folder
        address = f"http://127.0.0.1:{server.server_port}"
        print(json.dumps({**_calls(address, Path(folder), asked), "first_ms": _first()}))
    server.shutdown()


def _calls(address: str, home: Path, asked: argparse.Namespace) -> dict[str, object]:
    where = Where(project=home, managed=home / "managed", spool=home / "spool")
    one = Reporter(Collector(address, "ck_bench"), Agent("bench", as_of=DAY), where, Limits(queue=asked.calls * 20))

    def plain() -> bool:
        return bool(os.environ.get("DISABLE_TELEMETRY"))

    def metric() -> bool:
        return one.metric("tool.use")

    def told() -> bool:
        return one.metric("tool.use", 1, {"tool": "bash", "ok": True})

    found = {"getenv": _timed(plain, asked), "on": _timed(metric, asked), "on_with_attributes": _timed(told, asked)}
    flushed = one.flush(60)
    os.environ["DISABLE_TELEMETRY"] = "1"
    found["off"] = _timed(metric, asked)
    return {**found, "dropped": one.dropped, "flushed": flushed}


def _timed(call: Callable[[], bool], asked: argparse.Namespace) -> dict[str, float]:
    """Microseconds a call: the clock's, and the processor's of this thread, which other programs do not slow."""
    clock, cpu = [], []
    for _ in range(asked.rounds):
        before, spent = time.perf_counter(), time.thread_time()
        for _ in range(asked.calls):
            call()
        clock.append((time.perf_counter() - before) / asked.calls * 1e6)
        cpu.append((time.thread_time() - spent) / asked.calls * 1e6)
    told = {"clock": statistics.median(clock), "cpu": statistics.median(cpu), "least": min(clock), "most": max(clock)}
    return {name: round(value, 2) for name, value in told.items()}


def _first() -> float:
    runs = [
        subprocess.run([sys.executable, "-c", FIRST], capture_output=True, check=True, text=True).stdout
        for _ in range(5)
    ]
    return round(statistics.median(float(run) for run in runs), 1)


if __name__ == "__main__":
    main()
