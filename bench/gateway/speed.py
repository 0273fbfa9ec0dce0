"""What a request costs: nginx, LiteLLM and Carnet's relay, in turns, one core each; processor time, not wall time.

    CARNET_LITELLM=DIR python bench/gateway/speed.py [--rounds 3] [--seconds 2] [--only json,...] [--without litellm]

The load (wrk, or load.py for paced streams) and the upstream run on core 0, the gateway on core 1, all on loopback
without TLS. All gateways are up at once; each round takes every one in turn. Figures are medians of the rounds; ratios
are taken to nginx in the same round. LiteLLM's windows are five times as long, so that it ends enough requests.
`cpu` is user and system time of the gateway's whole tree of processes a request.
nginx passes on and nothing else. Carnet, zero retention: keys, limits, policy; nothing is kept. Carnet: the same and
every exchange sealed and on the disk before its response ends.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shares import limited
from stacks import MODEL, Running, carnet, enclosed, free_port, litellm, nginx, process, tree, until_listening, used

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
LOAD_CORE, GATEWAY_CORE = 0, 1
SHARE = 0.35
"""Of a core, for each of two processes."""
LUA = """
local key, size, sessions = os.getenv("BENCH_KEY"), tonumber(os.getenv("BENCH_SIZE")), {}
local text = string.rep("words of a question ", math.ceil(size / 20)):sub(1, size)
local body = '{"model":"MODEL","max_tokens":64STREAM,"messages":[{"role":"user","content":"' .. text .. '"}]}'
init = function(args)  -- wrk knows the host by now
  for number = 1, 64 do
    sessions[number] = wrk.format("POST", os.getenv("BENCH_PATH"), {
      ["x-api-key"] = key, ["content-type"] = "application/json", ["anthropic-version"] = "2023-06-01",
      ["anthropic-beta"] = "interleaved-thinking-2025-05-14,effort-2025-11-24", ["user-agent"] = "bench/1",
      ["x-claude-code-session-id"] = "session-" .. number }, body)
  end
end
local at = 0
request = function() at = at % 64 + 1 return sessions[at] end
done = function(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format('{"requests":%d,"errors":%d,"seconds":%f,"p50":%f,"p99":%f}\\n', summary.requests,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load."""

    name: str
    size: int
    path: str
    connections: int
    streams: int = 0
    """Paced streams of each connection; 0: wrk loads as fast as it can."""
    spread: float = 1.0
    slow: bool = True
    """LiteLLM takes part."""


CASES = (
    Case("json-1k-c32", 900, "/v1/messages?json", 32),
    Case("json-1k-c1", 900, "/v1/messages?json", 1),
    Case("json-100k-c8", 100_000, "/v1/messages?json", 8),
    Case("sse-50-c16", 900, "/v1/messages?events", 16),
    Case("paced-200", 0, "/v1/messages?paced=0.02", 200, streams=3),
    Case("paced-5000", 0, "/v1/messages?paced=1&count=15", 5000, streams=1, spread=8.0, slow=False),
)
SCALING = Case("scaling", 900, "/v1/messages?json", 64)


@dataclass(slots=True)
class Row:
    """What was measured of one gateway and case, round by round."""

    cpu: list[float] = field(default_factory=list)
    """Microseconds a request."""
    ratio: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)
    errors: int = 0


def resident(pid: int) -> float:
    """MB of the largest process of a tree: workers share what the supervisor holds."""
    pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in tree(pid)]
    return max(pages) * os.sysconf("SC_PAGESIZE") / 1e6


def load(case: Case, one: Running, seconds: float, script: Path) -> dict[str, float]:
    pinned = ["taskset", "-c", str(LOAD_CORE)]
    path = one.prefix + case.path
    if case.streams:
        words = [sys.executable, str(HERE / "load.py"), str(one.port), path, one.key or "none"]
        words += ["--connections", str(case.connections), "--each", str(case.streams), "--spread", str(case.spread)]
        said = json.loads(subprocess.run([*pinned, *words], capture_output=True, text=True, check=True).stdout)
        count = said["streams"] + (case.connections if case.streams > 1 else 0)
        return {"requests": count, "errors": said["errors"], "p50": said["ttfb_p50"], "p99": said["ttfb_p99"],
                "reads": said["reads"], "seconds": said["total_p50"] / 1000}  # fmt: skip
    words = ["wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script)]
    environ = {**os.environ, "BENCH_KEY": one.key or "none", "BENCH_SIZE": str(case.size), "BENCH_PATH": path}
    done = subprocess.run(
        [*pinned, *words, f"http://127.0.0.1:{one.port}"], capture_output=True, text=True, check=True, env=environ
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(case: Case, one: Running, seconds: float, script: Path, row: Row) -> float:
    """Processor time by request, in microseconds."""
    slow = one.name.startswith("LiteLLM")
    before = used(one.pid)
    said = load(case, one, seconds * (5 if slow else 1), script)
    cpu = (used(one.pid) - before) * 1e6 / max(said["requests"], 1)
    row.cpu.append(cpu)
    row.rate.append(said["requests"] / said["seconds"])
    row.p50.append(said["p50"])
    row.p99.append(said["p99"])
    row.reads.append(said.get("reads", 0))
    row.rss.append(resident(one.pid))
    row.errors += int(said["errors"])
    return cpu


def rounds(case: Case, gateways: list[Running], given: argparse.Namespace, folder: Path) -> dict[str, Row]:
    script = folder / f"{case.name}.lua"
    stream = ',"stream":true' if "events" in case.path else ""
    script.write_text(LUA.replace("MODEL", MODEL).replace("STREAM", stream))
    taking_part = [one for one in gateways if case.slow or not one.name.startswith("LiteLLM")]
    rows = {one.name: Row() for one in taking_part}
    for one in taking_part:  # what is only paid once
        load(case, one, 1, script)
    for _ in range(given.rounds):
        base = 0.0
        for one in taking_part:
            cpu = measure(case, one, given.seconds, script, rows[one.name])
            base = base or cpu
            rows[one.name].ratio.append(cpu / base)
    return rows


def show(case: Case, rows: dict[str, Row]) -> None:
    streams = case.streams > 0
    what = "| TTFB p50 ms | p99 | reads a stream " if streams else "| p50 ms | p99 | requests/s "
    print(f"\n### {case.name}\n\n| | cpu us | to nginx {what}| RSS MB | errors |\n|---|---|---|---|---|---|---|---|")
    middle: Callable[[list[float]], float] = statistics.median
    for name, row in rows.items():
        last = middle(row.reads if streams else row.rate)
        cells = (
            f"{middle(row.cpu):,.0f}",
            f"{middle(row.ratio):.2f}",
            f"{middle(row.p50):,.2f}",
            f"{middle(row.p99):,.2f}",
        )
        print(f"| {name} | {' | '.join(cells)} | {last:,.0f} | {middle(row.rss):,.0f} | {row.errors} |")
    sys.stdout.flush()


def scaling(upstream: int, folder: Path, given: argparse.Namespace) -> None:
    """How much more two processes carry than one, each with a share of a core: the load takes the rest of both."""
    script = folder / "scaling.lua"
    script.write_text(LUA.replace("MODEL", MODEL).replace("STREAM", ""))
    rows = {1: Row(), 2: Row()}
    with ExitStack() as stack:
        both = {
            workers: stack.enter_context(carnet(upstream, folder / f"by{workers}", None, workers, "zdr"))
            for workers in rows
        }
        relays = [process for one in both.values() for process in tree(one.pid) if process != one.pid]
        if not stack.enter_context(limited(relays, SHARE)):
            print(
                "\n### two processes\n\nnot measured: it takes root, and control groups with a quota of processor time"
            )
            return
        for _ in range(given.rounds + 1):
            for workers, one in both.items():
                measure(SCALING, one, given.seconds, script, rows[workers])
    (rate, cost), (rates, costs) = [(_middle(row.rate[1:]), _middle(row.cpu[1:])) for row in rows.values()]
    print(f"\n### two processes, each with {SHARE:.0%} of a core\n")
    print(f"one: {rate:,.0f} requests/s, {cost:,.0f} us each; two: {rates:,.0f}/s, {costs:,.0f} us")
    print(f"together {rates / rate:.2f} times as many requests")


def _middle(numbers: list[float]) -> float:
    return statistics.median(numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--without", default="")
    given = parser.parse_args()
    enclosed()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    only = set(filter(None, given.only.split(",")))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        port, log = free_port(), folder / "upstream.out"
        words = [sys.executable, str(HERE / "upstream.py"), str(port)]
        until_listening(port, stack.enter_context(process(words, {}, log, LOAD_CORE)), log)
        gateways = [
            stack.enter_context(nginx(port, folder / "nginx", GATEWAY_CORE)),
            stack.enter_context(carnet(port, folder / "zdr", GATEWAY_CORE, terms="zdr")),
            stack.enter_context(carnet(port, folder / "kept", GATEWAY_CORE)),
        ]
        if "litellm" not in given.without:
            gateways.append(stack.enter_context(litellm(port, folder / "litellm", GATEWAY_CORE)))
        time.sleep(1)
        for case in CASES:
            if not only or case.name in only:
                show(case, rounds(case, gateways, given, folder))
        if not only or "scaling" in only:
            scaling(port, folder, given)


if __name__ == "__main__":
    main()
