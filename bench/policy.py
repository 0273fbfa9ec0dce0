"""What decisions cost: one resolve, the whole context space, lines of contexts, grouped contexts, cold starts.

    .venv/bin/python bench/policy.py [--lines 200000] [--distinct 10000] [--grouped 1000000] [--bundle FILE]

Beside `carnet verdicts`, in the same run: parsing the same contexts and printing the same answers as JSON, with the
standard library and with msgspec, which is the least that any program in between must do. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import carnet
from carnet.model.rule import ASPECTS
from carnet.packs import named
from carnet.policy.compile import column, compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.lines import Answerer
from carnet.policy.resolve import classify, resolve, resolved
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from carnet.policy.compile import Tables
    from carnet.policy.rulebook import Rulebook

BUNDLE = Path(__file__).parents[2] / "shared" / "corpus" / "claude-code-docs.bundle"
CARNET = [sys.executable, "-c", "from carnet.cli.main import main; main()"]
DAYS = (date(2026, 4, 23), date(2026, 8, 22))
PROVIDERS = ("anthropic", "bedrock", "vertex", "foundry", "anthropic-aws", "llm-gateway", "apps-gateway")
TIERS = ("free", "pro", "max", "team", "enterprise", "api", "gov")
VERSIONS = ("2.1.90", "2.1.118", "2.1.150", "2.1.200", "2.1.230")
SWITCHES = (
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_FEEDBACK_COMMAND",
    "CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DO_NOT_TRACK",
    "DISABLE_AUTOUPDATER",
    "DISABLE_GROWTHBOOK",
)


def contexts(number: int, seed: int = 1) -> list[dict[str, object]]:
    """That many different machines."""
    chance = random.Random(seed)
    found: dict[str, dict[str, object]] = {}
    while len(found) < number:
        one: dict[str, object] = {
            "as_of": chance.choice(DAYS).isoformat(),
            "provider": chance.choice(PROVIDERS),
            "tier": chance.choice(TIERS),
            "client_version": chance.choice(VERSIONS),
            "org": {"zdr": chance.random() < 0.2},
            "model_improvement": chance.random() < 0.5,
            "env": {name: "1" for name in SWITCHES if chance.random() < 0.3},
        }
        found[json.dumps(one)] = one
    return list(found.values())


def best(call: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the fastest of some calls."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)


def one_resolve(book: Rulebook, some: Sequence[dict[str, object]]) -> float:
    """Microseconds of all flows for one context, over contexts that differ."""
    read = [read_context(one, book, DAYS[0]) for one in some[:2000]]
    pairs = [(compile_tables(book, one.day), one.facts) for one in read]

    def all_of_them() -> None:
        for tables, facts in pairs:
            resolve(tables, facts)

    return round(best(all_of_them) / len(pairs) * 1e6, 1)


def space(tables: Tables) -> int:
    """Decide every aspect of every flow in every context its rules tell apart; how many decisions that were."""
    decided = 0
    for table in tables.tables:
        for aspect in ASPECTS:
            alone = column(tables, table, aspect)
            for point, _ in alone.space():
                alone.decide(point)
                decided += 1
    return decided


def whole_space(book: Rulebook, day: date) -> dict[str, object]:
    """Seconds for a day's whole space, tables compiled anew."""
    tables = compile_tables(book, day)
    return {"seconds": round(best(lambda: space(tables)), 4), "decisions": space(tables)}


def lines_through(book: Rulebook, lines: list[bytes]) -> float:
    """Seconds of the answers to all lines, as `carnet verdicts` gives them."""

    def answer() -> None:
        with Path(os.devnull).open("wb") as out:
            out.writelines(Answerer(book, DAYS[0]).answers(lines))

    return round(best(answer, 3), 3)


def only_json(answers: list[bytes], lines: list[bytes]) -> dict[str, float]:
    """Seconds of parsing the contexts and printing the answers, and nothing else."""
    parsed = [json.loads(one) for one in answers]

    def standard() -> None:
        with Path(os.devnull).open("w") as out:
            for line, answer in zip(lines, parsed, strict=True):
                json.loads(line)
                out.write(json.dumps(answer) + "\n")

    def fast() -> None:
        encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder()
        with Path(os.devnull).open("wb") as out:
            for line, answer in zip(lines, parsed, strict=True):
                decoder.decode(line)
                out.write(encoder.encode(answer) + b"\n")

    return {"json": round(best(standard, 1), 3), "msgspec": round(best(fast, 1), 3)}


def grouped(book: Rulebook, number: int, some: Sequence[dict[str, object]]) -> dict[str, float]:
    """Seconds for many machines in the engine: grouped by the facts that matter, then each group decided once."""
    chance = random.Random(2)
    read = [read_context(one, book, DAYS[0]) for one in some]
    tables = {day: compile_tables(book, day) for day in DAYS}
    fleet = [(one.day, tuple(classify(tables[one.day], one.facts))) for one in chance.choices(read, k=number)]
    began = time.perf_counter()
    groups = Counter(fleet)
    by_verdict = Counter[tuple[str, ...]]()
    for (day, shared), machines in groups.items():
        by_verdict[tuple(one.verdict for one in resolved(tables[day], shared))] += machines
    return {"seconds": round(time.perf_counter() - began, 3), "groups": len(groups)}


def cold(arguments: Sequence[str], home: Path, runs: int = 9) -> float:
    """Seconds of a command from start to end, the median."""
    source = str(Path(carnet.__file__).parents[1])
    environment = {**os.environ, "HOME": str(home), "CARNET_DATA": str(home / "data"), "PYTHONPATH": source}
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        ended = subprocess.run([*CARNET, *arguments], check=False, capture_output=True, env=environment, cwd=home)
        taken.append(time.perf_counter() - began)
        assert ended.returncode in {0, 1}, ended.stderr
    return round(statistics.median(taken), 3)


def cold_starts(bundle: Path) -> dict[str, float | None]:
    """A home with nothing in it, then one whose store holds the history."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found: dict[str, float | None] = {
            "--version": cold(["--version"], home),
            "audit": cold(["audit"], home),
            "explain without a store": cold(["explain", "survey"], home),
            "explain with quotations": None,
        }
        if bundle.exists():
            cold(["import", str(bundle), "--pack", "claude-code"], home, 1)
            found["explain with quotations"] = cold(["explain", "survey"], home)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--distinct", type=int, default=10_000)
    parser.add_argument("--grouped", type=int, default=1_000_000)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    given = parser.parse_args()
    book = rulebook(named("claude-code"))
    some = contexts(given.distinct)
    encoded = [json.dumps(one).encode() + b"\n" for one in some]
    lines = random.Random(3).choices(encoded, k=given.lines)
    report = {
        "one resolve, us": one_resolve(book, some),
        "whole space": {day.isoformat(): whole_space(book, day) for day in DAYS},
        "verdicts, s": lines_through(book, lines),
        "parsing and printing alone, s": only_json(list(Answerer(book, DAYS[0]).answers(lines)), lines),
        "grouped": grouped(book, given.grouped, some),
        "cold start, s": cold_starts(given.bundle),
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
