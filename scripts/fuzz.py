"""Fuzzes what reads bytes of strangers, guided by coverage: fuzz.py TARGET [FOLDER] [-max_total_time=SECONDS ...].

TARGET is client, upstream, chunks or events. FOLDER keeps the inputs that were found worth keeping. Needs Atheris
(`make fuzz`). Whatever is found belongs into a test as a case of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

with atheris.instrument_imports(include=["carnet.gateway"]):
    from tests.gateway.judging import check_chunks, check_client, check_events, check_upstream

from tests.gateway.ground import KEY  # noqa: E402 - what is instrumented comes first
from tests.gateway.test_bodies import BAD_CHUNKS  # noqa: E402
from tests.gateway.test_incoming_hostile import LAWFUL, SMUGGLED  # noqa: E402
from tests.gateway.test_outgoing import RESPONSES  # noqa: E402
from tests.gateway.upstream import COMMENT, DELTA, PING, START, STOP  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def client(raw: bytes, cuts: Sequence[int]) -> None:
    # The key is far too much for a fuzzer to find.
    check_client(raw.replace(b"KEY", KEY), cuts)


def seeds(target: str) -> Iterable[bytes]:
    """Inputs to begin with."""
    if target == "client":
        return [raw.replace(KEY, b"KEY")[:4_000] for raw in (*SMUGGLED.values(), *LAWFUL.values())]
    if target == "upstream":
        return RESPONSES
    return BAD_CHUNKS.values() if target == "chunks" else (START, PING + DELTA + COMMENT + STOP, START + DELTA + STOP)


TARGETS: dict[str, Callable[[bytes, Sequence[int]], object]] = {
    "client": client,
    "upstream": check_upstream,
    "chunks": check_chunks,
    "events": check_events,
}


def main() -> None:
    name, *rest = sys.argv[1:]
    target = TARGETS[name]
    folder = Path(rest.pop(0)) if rest and not rest[0].startswith("-") else ROOT / "build" / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number:03}").write_bytes(b"\x05\x11\x23\x42" + seed)

    def one(data: bytes) -> None:
        # The first bytes say where the others are cut.
        target(data[4:], [byte * (1 + index) for index, byte in enumerate(data[:4])])

    options = [f"-artifact_prefix={folder.parent}/{name}-", "-print_final_stats=1", "-max_len=6000"]
    atheris.Setup([sys.argv[0], str(folder), *options, *rest], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
