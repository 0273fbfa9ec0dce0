"""A list of a million domains: memory, reading, look-ups, beside a plain set of strings. `make bench-domains`."""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.gateway.domains.asked import asked
from carnet.gateway.domains.judging import Book, decide
from carnet.gateway.domains.lists import Wanted, read_list
from carnet.model.host import read_host

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("ads", "track", "cdn", "pixel", "stat", "click", "promo", "media", "sync", "edge", "log", "tag", "bid", "app")
ZONES = ("com", "net", "org", "info", "biz", "ru", "cn", "de", "io", "co.uk")
ASKED = 200_000
ROUNDS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    wanted = parser.parse_args().names
    chance = random.Random(1)
    names = list(dict.fromkeys(made(chance) for _ in range(int(wanted * 1.05))))[:wanted]
    hosts = [name if chance.random() < 0.5 else f"www.{made(chance)}" for name in chance.choices(names, k=ASKED)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.txt"
        file.write_text("\n".join(names) + "\n")
        del names
        begun = time.process_time()
        plain = set(file.read_text().split())
        set_seconds = time.process_time() - begun
        set_bytes = sys.getsizeof(plain) + sum(map(sys.getsizeof, plain))
        begun = time.process_time()
        found = read_list(Wanted(file, "block"), datetime.now(UTC))
        list_seconds = time.process_time() - begun
        print(f"{len(plain):,} names, {file.stat().st_size / 1e6:.1f} MB of text")
        print(f"memory: list {found.names.bytes / 1e6:.1f} MB, set of strings {set_bytes / 1e6:.1f} MB")
        print(f"reading: list {list_seconds:.1f} s, set of strings {set_seconds:.1f} s")
        print(f"peak while reading: {peak(file) / 1e6:.1f} MB")
    book = Book(block=(found,))
    read = [read_host(host) for host in hosts]
    named = [asked(host) for host in read]
    for what, work in (
        ("set of strings, every suffix", lambda: [in_set(plain, host) for host in hosts]),
        ("list, every suffix", lambda: [found.names.find(one.names, one.looks) for one in named]),
        ("list, a decision about a host", lambda: [decide(host, book) for host in read]),
        ("the same from the text", lambda: [decide(read_host(host), book) for host in hosts]),
    ):
        print(f"{what}: {best(work) / len(hosts) * 1e6:.2f} us")
    assert [in_set(plain, host) for host in hosts] == [not decide(host, book).can_fetch for host in read]
    return 0


def made(chance: random.Random) -> str:
    return f"{chance.choice(WORDS)}-{chance.choice(WORDS)}{chance.randrange(10**6)}.{chance.choice(ZONES)}"


def in_set(names: set[str], host: str) -> bool:
    while host:
        if host in names:
            return True
        host = host.partition(".")[2]
    return False


def best(work: Callable[[], object]) -> float:
    gc.disable()
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    gc.enable()
    return min(times)


def peak(file: Path) -> int:
    tracemalloc.start()
    read_list(Wanted(file, "block"), datetime.now(UTC))
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


if __name__ == "__main__":
    sys.exit(main())
