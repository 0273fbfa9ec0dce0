"""How long `carnet import` of a bundle takes, the whole process from start to end, on an empty store.

    .venv/bin/python bench/import_bundle.py [--bundle FILE] [--runs 5]

Beside it, in the same run: `git clone --bare` of the same bundle, the least that any import of it must do.
Prints one JSON line (seconds, the median of the runs). Needs git; no network.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUNDLE = Path(__file__).parents[2] / "shared" / "corpus" / "claude-code-docs.bundle"
CARNET = [sys.executable, "-c", "from carnet.cli.main import main; main()"]


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds a command takes from start to end, and what it printed."""
    began = time.perf_counter()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, ended.stdout


def once(bundle: Path, folder: Path) -> dict[str, float]:
    """One round: clone, import, and the same import again."""
    data = str(folder / "data")
    clone, _ = timed(["git", "clone", "--quiet", "--bare", str(bundle), str(folder / "clone.git")])
    first, said = timed([*CARNET, "import", str(bundle), "--data", data, "--json"])
    assert json.loads(said)["versions"] > 0
    again, said = timed([*CARNET, "import", str(bundle), "--data", data, "--json"])
    assert json.loads(said)["versions"] == 0
    start, _ = timed([*CARNET, "--version"])
    return {"import": first, "import_again": again, "git_clone": clone, "start": start}


def main() -> None:
    """Take the runs and print their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    rounds = []
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(once(given.bundle, Path(folder)))
    medians = {name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]}
    print(json.dumps({"bench": "import_bundle", "runs": given.runs, "aim": 2.0, **medians}))


if __name__ == "__main__":
    main()
