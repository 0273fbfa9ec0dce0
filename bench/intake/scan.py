"""How fast texts are looked through for secrets, and errors by the list: MB a second of processor time.

    PYTHONPATH=bench/gateway .venv/bin/python bench/intake/scan.py [--rounds 5]

Peers, in turns, on the same bytes: the same shapes as patterns of Python's `re`, each run over the whole text, which is
what a scanner without keywords does; and sentry-sdk's own EventScrubber, which looks at the names of fields alone.
The text is the sources of Python's standard library in pieces of 20 kB, with one secret in every fiftieth.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import statistics
import sysconfig
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bodies import event
from rates import calibration
from sentry_sdk.scrubber import EventScrubber

from carnet.gateway.intake import secrets, sentry
from carnet.gateway.intake.allow import Sieve, allow_of
from carnet.gateway.intake.contract import Asked, Means
from carnet.gateway.intake.prints import Prints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PIECE, PIECES, FEW = 20_000, 400, 20
SECRET = "\ntoken = 'ghp_" + "aB3" * 12 + "'\n"


def texts() -> list[str]:
    whole = "".join(
        path.read_text("utf-8", "replace") for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    )
    found = [whole[at : at + PIECE] for at in range(0, PIECE * PIECES, PIECE)]
    found = [one for one in found if one]
    return [one if at % 50 else one[:9000] + SECRET + one[9000:] for at, one in enumerate(found)]


def patterns() -> list[re.Pattern[str]]:
    rows = tomllib.loads(secrets.FILE.read_text("utf-8"))["shape"]
    return [re.compile(row["pattern"].replace("(?i)", ""), re.IGNORECASE) for row in rows]


def one_by_one(found: Sequence[re.Pattern[str]], text: str) -> str:
    for pattern in found:
        text = pattern.sub("[removed]", text)
    return text


def speed(call: Callable[[], object], size: int) -> float:
    before = time.process_time()
    call()
    return size / (time.process_time() - before) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"calibration: {calibration():.2f} s")
    pieces, known, envelope = texts(), patterns(), event()
    payload = json.loads(envelope.splitlines()[-1])
    means = Means(allow_of(), Prints.under(b"k" * 32))
    sieve, tree = Sieve(means.allow, means.prints), means.allow.trees["event"]
    asked, scrubber, copies = Asked("POST", "/"), EventScrubber(recursive=True), 300
    few = pieces[:FEW]
    told = [{"role": "user", "content": [{"type": "text", "text": piece}]} for piece in pieces]
    sizes = {"all": sum(len(one.encode()) for one in pieces), "few": sum(len(one.encode()) for one in few)}
    size = len(json.dumps(payload).encode()) * copies
    cases: dict[str, tuple[Callable[[], object], int]] = {
        "secrets, a text": (lambda: [secrets.without(one) for one in pieces], sizes["all"]),
        "secrets, a transcript": (lambda: secrets.cleaned(told, Counter()), sizes["all"]),
        "the same shapes, `re` one by one": (lambda: [one_by_one(known, one) for one in few], sizes["few"]),
        "list, an event already parsed": (lambda: [sieve.kept(tree, payload, "e") for _ in range(copies)], size),
        "list, from envelope to what is kept": (
            lambda: [sentry.take_envelope(asked, envelope, means) for _ in range(copies)], size),
        "EventScrubber, an event already parsed": (
            lambda: [scrubber.scrub_event(one) for one in [copy.copy(payload)] * copies], size),
    }  # fmt: skip
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(given.rounds):
        for name, (call, amount) in cases.items():
            rates[name].append(speed(call, amount))
    print("\n| | MB/s | least | most |\n|---|---|---|---|")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):.1f} | {min(found):.1f} | {max(found):.1f} |")
    print(f"\ncalibration: {calibration():.2f} s")


if __name__ == "__main__":
    main()
