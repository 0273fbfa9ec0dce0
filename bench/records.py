"""Keeping, erasing and ending records, on one core; what is acknowledged is on the disk.

    python bench/records.py [--records 1000000] [--rounds 3] [--only put|small|erase|expire]

The peer of keeping is Python's own sqlite3 with one row a record, the body in it in the clear, the same file settings
(WAL, synchronous=FULL, secure_delete) and the same transactions: what anybody would write first. It neither compresses
nor seals. The two take turns; ratios are of processor time, medians of the rounds.

Sizes: events of 571 bytes, 500 a transaction, 50 of a session in a row; exchanges of 20 KB, 64 a transaction over ten
sessions; conversations that grow from 60 KB by 3 KB a turn and are sent whole each time, as agents do, 32 at once.
Small: batches as the relay and intake write them, each record of a session of its own, which the store knows or not.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.accounts.organisations import add_organisation
from carnet.accounts.people import add_account, new_account
from carnet.model.record import Draft, Form, Scope
from carnet.records import erasing
from carnet.records.expiring import expire
from carnet.records.packing import pack
from carnet.records.putting import Writer
from carnet.records.surveying import partitions
from carnet.stores.embedded.records import EmbeddedRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from carnet.model.record import Session
    from carnet.stores.records_contract import RecordStore

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
ACCOUNTS, SESSIONS, KNOWN = 50, 5000, 1024
WORDS = (
    *("def", "return", "self", "the", "record", "import", "value", "if", "not", "None", "session", "key", "\n    "),
    *("error", "file", "line", "test", "assert", "store", "commit", "class", "str", "int", "list", "for", "in", ":"),
)


def code(chance: random.Random, size: int) -> str:
    """Invented text that compresses about as source code does."""
    parts: list[str] = []
    length = 0
    while length < size:
        word = chance.choice(WORDS) if chance.random() < 0.8 else f"name_{chance.randrange(4000)}"
        parts.append(word)
        length += len(word) + 1
    return " ".join(parts)[:size]


def email(number: int) -> str:
    return f"person{number % ACCOUNTS}@bench.test"


def events(number: int, start: int = 0) -> Iterator[list[Draft]]:
    chance = random.Random(start)
    for batch in range(number // 500):
        made = []
        for at in range(500):
            session = (start + batch * 10 + at // 50) % SESSIONS
            body = f'{{"name":"tool.used","n":{at},"trace":"{chance.randbytes(130).hex()}","words":"{"ab " * 80}"}}'
            made.append(Draft(email(session), f"s{session}", "metric", "metrics", body.encode()[:571], Form.BYTES))
        yield made


def exchanges(number: int) -> Iterator[list[Draft]]:
    chance = random.Random(2)
    bodies = [code(chance, 20_000).encode() for _ in range(200)]
    for batch in range(number // 64):
        yield [exchange(f"x{batch * 10 + at % 10}", bodies[(batch * 64 + at) % 200]) for at in range(64)]


def conversations(turns: int, at_once: int = 32) -> Iterator[list[Draft]]:
    chance = random.Random(3)
    texts = [code(chance, 60_000) for _ in range(at_once)]
    for _ in range(turns):
        texts = [text + code(chance, 3000) for text in texts]
        yield [exchange(f"c{number}", text.encode()) for number, text in enumerate(texts)]


def exchange(session: str, body: bytes) -> Draft:
    return Draft(email(0), session, "exchange", "inference", body, Form.BYTES, "anthropic")


@dataclass(frozen=True)
class Took:
    """What keeping some drafts took."""

    cpu: float
    wall: float
    records: int
    bytes: int

    def each(self) -> float:
        return round(self.cpu / self.records * 1e6, 1)

    def told(self) -> dict[str, object]:
        return {
            "records/s": round(self.records / self.wall),
            "MB/s": round(self.bytes / self.wall / 1e6, 1),
            "us of processor time a record": self.each(),
            "MB/s of processor time": round(self.bytes / self.cpu / 1e6, 1),
        }


def timed(put: Callable[[list[Draft]], object], batches: Sequence[list[Draft]]) -> Took:
    cpu, wall = time.process_time(), time.perf_counter()
    for batch in batches:
        put(batch)
    number, size = sum(map(len, batches)), sum(len(draft.body) for batch in batches for draft in batch)
    return Took(time.process_time() - cpu, time.perf_counter() - wall, number, size)


def filled(folder: Path) -> tuple[RecordStore, Writer]:
    store = EmbeddedRecords(folder)
    organisation = add_organisation(store.directory, "bench", "commercial", "enterprise", NOW)
    for number in range(ACCOUNTS):
        add_account(store.directory, new_account(email(number), organisation, "", NOW), "", NOW)
    return store, Writer(store)


def ours(batches: Sequence[list[Draft]], before: Sequence[list[Draft]] = ()) -> Took:
    with tempfile.TemporaryDirectory() as folder:
        store, writer = filled(Path(folder))
        with closing(store):
            for batch in before:
                writer.put(batch, NOW)
            return timed(lambda batch: writer.put(batch, NOW), batches)


def stored(turns: int, every: int) -> None:
    """What one conversation takes on the disk, index and keys included, once it is packed."""
    batches = [batch[:1] for batch in conversations(turns, 1)]
    raw = sum(len(draft.body) for batch in batches for draft in batch)
    with tempfile.TemporaryDirectory() as folder:
        store, writer = filled(Path(folder))
        with closing(store):
            for number, batch in enumerate(batches):
                writer.put(batch, NOW + timedelta(seconds=number * every))
            pack(store, writer.keyring, NOW + timedelta(days=1), timedelta(minutes=15))
        objects = size_of(Path(folder) / "objects" / "bodies")
        told = {"raw": raw, "objects": objects, "times smaller": round(raw / objects, 1)}
        say(f"a conversation of {turns} turns", told)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def peers(batches: Sequence[list[Draft]]) -> Took:
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "peer.db")) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        columns = "id INTEGER PRIMARY KEY, account TEXT, session TEXT, kind TEXT, flow TEXT, at INTEGER, body BLOB"
        connection.execute(f"CREATE TABLE record ({columns})")
        connection.execute("CREATE INDEX record_session ON record (session)")

        def put(batch: list[Draft]) -> None:
            at = int(NOW.timestamp())
            rows = [(one.account, one.session, one.kind, one.flow, at, one.body) for one in batch]
            with connection:
                connection.executemany(
                    "INSERT INTO record (account, session, kind, flow, at, body) VALUES (?, ?, ?, ?, ?, ?)", rows
                )

        return timed(put, batches)


def keeping(rounds: int) -> None:
    loads = {
        "200,000 events": lambda: list(events(200_000)),
        "exchanges of 20 KB": lambda: list(exchanges(6400)),
        "growing conversations": lambda: list(conversations(40)),
    }
    for name, make in loads.items():
        batches = make()
        pairs = [(ours(batches), peers(batches)) for _ in range(rounds)]
        mine = sorted((pair[0] for pair in pairs), key=lambda one: one.cpu)[len(pairs) // 2]
        peer = sorted((pair[1] for pair in pairs), key=lambda one: one.cpu)[len(pairs) // 2]
        ratio = statistics.median(pair[0].cpu / pair[1].cpu for pair in pairs)
        told = {"ours": mine.told(), "seconds": round(mine.wall, 2), "sqlite3": peer.told()}
        say(name, {**told, "processor time, ours to sqlite3": round(ratio, 2)})


def small(rounds: int) -> None:
    """Batches as the relay and intake write them."""
    chance = random.Random(5)
    for size in (1000, 20_000):
        bodies = [code(chance, size).encode() for _ in range(64)]
        for many in (1, 8, 32, 512):
            for whose in ("known", "new"):
                batches = list(little(bodies, whose, many, max(8, 1024 // many)))
                before = list(little([b"{}"], whose, 512, KNOWN // 512)) if whose == "known" else ()
                pairs = [(ours(batches, before), peers(batches)) for _ in range(rounds)]
                mine, peer = (min((pair[at] for pair in pairs), key=lambda one: one.cpu) for at in (0, 1))
                told = {"us of processor time a record": mine.each(), "sqlite3": peer.each()}
                say(f"batches of {many} of {size:,} bytes, sessions {whose}", told)


def little(bodies: Sequence[bytes], whose: str, many: int, number: int) -> Iterator[list[Draft]]:
    for batch in range(number):
        places = [batch * many + at for at in range(many)]
        numbers = [place % KNOWN if whose == "known" else place for place in places]
        yield [
            Draft(email(n), f"{whose}-{n}", "exchange", "inference", bodies[n % len(bodies)], Form.BYTES, "anthropic")
            for n in numbers
        ]


def days_of(writer: Writer, records: int) -> None:
    """Records of twenty days, a twentieth each, a session's on one day or two."""
    a_day = max(500, records // 20 // 500 * 500)
    for day in range(20):
        for batch in events(a_day, start=day * 97):
            writer.put(batch, NOW + timedelta(days=day))


def erasing_one(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, writer = filled(Path(folder))
        with closing(store):
            days_of(writer, records)
            keys, whole = [], []
            at = NOW + timedelta(days=20)
            for one in sorted({o.name: o for o in sessions(store)}.values(), key=str)[:200:10]:
                scope = Scope(one.organisation, one.account, one.name)
                started = time.perf_counter()
                marks: list[float] = []
                work = erasing.begin(store, scope, at, {"session": scope.session})

                def clock(marks: list[float] = marks) -> datetime:
                    marks.append(time.perf_counter())
                    return at

                erasing.erase(store, writer.keyring, work, clock)
                keys.append((marks[0] - started) * 1000)
                whole.append((time.perf_counter() - started) * 1000)
            told = {"ms to key destruction": spread(keys), "ms until nothing is left": spread(whole)}
            say(f"erasing a session among {records:,} records", told)


def sessions(store: RecordStore) -> Iterator[Session]:
    for partition in partitions(store):
        yield from store.partition(partition.name).sessions(Scope())


def ending(records: int) -> None:
    for number in (records // 100, records // 10, records):
        with tempfile.TemporaryDirectory() as folder:
            store, writer = filled(Path(folder))
            with closing(store):
                days_of(writer, number)
                before = len(partitions(store))
                due = (NOW + timedelta(days=30 + 10)).replace(hour=0)
                started, cpu = time.perf_counter(), time.process_time()
                done = expire(store, writer.keyring, due, NOW + timedelta(days=20))
                took = time.perf_counter() - started, time.process_time() - cpu
                told = {"partitions": f"{len(done.partitions)} of {before}", "ms": round(took[0] * 1000, 1)}
                say(f"ending half of {number:,} records", {**told, "ms of processor time": round(took[1] * 1000, 1)})


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def say(what: str, figures: dict[str, object]) -> None:
    print(json.dumps({what: figures}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["put", "small", "erase", "expire"])
    asked = parser.parse_args()
    if asked.only in {None, "put"}:
        keeping(asked.rounds)
        stored(20, 60)
    if asked.only in {None, "small"}:
        small(asked.rounds)
    if asked.only in {None, "erase"}:
        erasing_one(asked.records)
    if asked.only in {None, "expire"}:
        ending(asked.records)


if __name__ == "__main__":
    main()
