"""Our line differences against difflib's on the same pairs, one after the other.

    .venv/bin/python bench/line_diff.py [--bundle FILE] [--pairs 725]

Ours: counts and hunks (libgit2), then the whole comparison (sections, sentences, word marks, moved blocks).
Theirs: SequenceMatcher(None, old, new, autojunk=False).get_opcodes() on lists of lines, hunks only.
Splitting the texts into lines is on the clock on both sides. The two take turns on each pair, so that whatever
else the machine does falls on both; blocks of text read before are forgotten before every whole comparison.
Pairs: every two neighbouring versions of every file of the bundle, or generated pages where there is none.
Prints one JSON line (milliseconds a pair, ratios of the totals). No network.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents import blocks
from carnet.documents.compare import compare
from carnet.documents.lines import changes
from carnet.model.document import Version

if TYPE_CHECKING:
    from collections.abc import Callable

BUNDLE = Path(__file__).parents[2] / "shared" / "corpus" / "claude-code-docs.bundle"
Pair = tuple[bytes, bytes]


def bundled(bundle: Path) -> list[Pair]:
    """Neighbouring versions of every file of a bundle."""
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", folder]
        subprocess.run(["git", "clone", "--quiet", "--bare", str(bundle), folder], check=True)
        log = subprocess.run([*git, "log", "--reverse", "--format=", "--raw", "--no-abbrev", "-r", "--root"],
                             check=True, capture_output=True, text=True).stdout  # fmt: skip
        rows = [row.split("\t") for row in log.splitlines() if row.startswith(":")]
        steps = [(words.split()[2], words.split()[3]) for words, _ in rows if words.split()[4] == "M"]
        batch = "\n".join(blob for step in steps for blob in step).encode()
        output = subprocess.run([*git, "cat-file", "--batch"], input=batch, check=True, capture_output=True).stdout
    texts = []
    at = 0
    while at < len(output):
        start = output.index(b"\n", at) + 1
        size = int(output[at:start].split()[-1])
        texts.append(output[start : start + size])
        at = start + size + 1
    return list(zip(texts[::2], texts[1::2], strict=True))


def generated(count: int) -> list[Pair]:
    """Pages of invented lines, some of which repeat, with a few edits each."""
    chance = random.Random(8417)
    pairs = []
    for _ in range(count):
        lines = [b"" if chance.random() < 0.4 else b"Rule %d holds." % chance.randrange(900) for _ in range(1_200)]
        edited = lines.copy()
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(edited))
            edited[at : at + chance.randrange(3)] = [b"Edit %d." % chance.randrange(900)] * chance.randrange(4)
        pairs.append((b"\n".join(lines) + b"\n", b"\n".join(edited) + b"\n"))
    return pairs


def ours(old: bytes, new: bytes) -> None:
    """Hunks, and the counts they add up to."""
    runs = changes(old, new)
    sum(run.new_end - run.new_start for run in runs)
    sum(run.old_end - run.old_start for run in runs)


def whole(old: bytes, new: bytes) -> None:
    """The whole comparison, nothing remembered."""
    blocks.forget()
    compare("bench", _version(1, old), _version(2, new), old, new)


def theirs(old: bytes, new: bytes) -> None:
    """Opcodes of difflib."""
    difflib.SequenceMatcher(None, old.split(b"\n"), new.split(b"\n"), autojunk=False).get_opcodes()


def _version(number: int, text: bytes) -> Version:
    return Version(1, number, None, str(number), len(text), number)  # type: ignore[arg-type]


def timed(act: Callable[[bytes, bytes], None], pair: Pair) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    act(*pair)
    return time.perf_counter() - began


def main() -> None:
    """Take turns on every pair and print totals and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--pairs", type=int, default=725)
    given = parser.parse_args()
    source = "bundle" if given.bundle.is_file() else "generated"
    pairs = (bundled(given.bundle) if source == "bundle" else generated(given.pairs))[: given.pairs]
    for act in (ours, whole, theirs):
        act(*pairs[0])  # imports are not on the clock
    taken: dict[str, list[float]] = {"ours": [], "whole": [], "difflib": []}
    for pair in pairs:
        for name, act in (("ours", ours), ("difflib", theirs), ("whole", whole)):
            taken[name].append(timed(act, pair))
    figures = {f"{name}_ms": round(sum(each) / len(pairs) * 1000, 3) for name, each in taken.items()}
    worst = {f"{name}_worst_ms": round(max(each) * 1000, 1) for name, each in taken.items()}
    middle = {f"{name}_median_ms": round(statistics.median(each) * 1000, 3) for name, each in taken.items()}
    ratios = {f"difflib_to_{name}": round(sum(taken["difflib"]) / sum(taken[name]), 1) for name in ("ours", "whole")}
    print(json.dumps({"bench": "line_diff", "pairs": len(pairs), "source": source, "aim": 3.0, **ratios,
                      **figures, **middle, **worst}))  # fmt: skip


if __name__ == "__main__":
    main()
