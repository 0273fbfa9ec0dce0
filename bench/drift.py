"""Replays the history of data-usage with only the rules known at each moment: what each signal catches and costs.

    .venv/bin/python bench/drift.py [--bundle FILE] [--each]

The classes of the 42 transitions are one reader's judgement (S: a rule about a data flow changed, m: wording of a
condition, C: cosmetic). Passages judged to state no rule are not counted as known: they were written down later.
Prints one JSON line; --each prints one line a transition before it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from carnet.documents.compare import version_text
from carnet.documents.history.importing import Request, import_history
from carnet.documents.lookup import find_document
from carnet.packs import named
from carnet.policy.drift import drift
from carnet.policy.rulebook import rulebook
from carnet.settings import load
from carnet.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.drift import Drift
    from carnet.stores.contract import Store

BUNDLE = Path(__file__).parent.parent.parent / "shared" / "corpus" / "claude-code-docs.bundle"
SEMANTIC = frozenset({4, 6, 8, 9, 12, 13, 16, *range(20, 35), 37, 40, 41})
WORDING = frozenset({14, 39})


@dataclass(frozen=True, slots=True)
class Step:
    """One transition, its class, and what the signals said."""

    number: int
    found: Drift

    @property
    def kind(self) -> str:
        return "S" if self.number in SEMANTIC else "m" if self.number in WORDING else "C"


def replay(store: Store) -> Iterator[Step]:
    """Every transition of data-usage, judged by the rules known at the version before it."""
    document = find_document(store.documents, "claude-code/data-usage")
    rules = rulebook(named("claude-code")).rules
    for old, new in pairwise(store.documents.versions(document.id)):
        texts = version_text(store.documents, old), version_text(store.documents, new)
        # the reference counts from 0, the store from 1
        yield Step(new.number - 1, drift(document.name, *texts, rules, old.at.date()))


def report(steps: list[Step]) -> dict[str, object]:
    """Recall over the semantic transitions, false alerts over the others, for each signal and for either."""
    signals = {
        "alarming": [step for step in steps if step.found.alarming],
        "stale, rewordings too": [step for step in steps if step.found.stale],
        "uncovered": [step for step in steps if step.found.uncovered],
        "either": [step for step in steps if step.found.alarming or step.found.uncovered],
    }
    semantic = sum(step.kind == "S" for step in steps)
    told: dict[str, object] = {
        name: {
            "recall": f"{sum(one.kind == 'S' for one in said)}/{semantic}",
            "missed": [one.number for one in steps if one.kind == "S" and one not in said],
            "false": f"{sum(one.kind != 'S' for one in said)}/{len(steps) - semantic}",
            "false at": [one.number for one in said if one.kind != "S"],
        }
        for name, said in signals.items()
    }
    per_alert = [len(one.found.uncovered) for one in signals["uncovered"] if one.kind == "S"]
    return {**told, "uncovered sentences a semantic version, median": statistics.median(per_alert or [0])}


def line(step: Step) -> str:
    stale = sorted({one.rule.id for one in step.found.stale if not one.reworded})
    said = "cosmetic" if step.found.cosmetic else f"{len(stale)} stale, {len(step.found.uncovered)} uncovered"
    return f"{step.number:>3} {step.kind}  {said}  {', '.join(stale)}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--each", action="store_true")
    given = parser.parse_args()
    if not given.bundle.exists():
        print(f"skipped: {given.bundle} is not there")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        settings = load({}, Path(folder) / "none.toml").with_option("data", folder)
        with closing(open_store(settings)) as store:
            import_history(store, settings, Request(str(given.bundle), pack=named("claude-code")))
            steps = list(replay(store))
    if given.each:
        print("\n".join(line(step) for step in steps))
    print(json.dumps(report(steps)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
