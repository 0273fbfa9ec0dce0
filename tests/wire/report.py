"""The opt-outs as they were seen on the wire: `python -m tests.wire.report [FILE]` writes them as Markdown."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import carnet
from carnet.settings import child_environment
from tests.wire.cells import DAY, PORT, PROVIDERS, SERVICES, Cell, cells

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join(["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
"""Where systems have the two programs; not every account looks in all of them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run did, as the kernel tells it."""

    cell: Cell
    status: int
    opened: frozenset[tuple[str, int, str]]
    written: tuple[str, ...]

    @property
    def contacted(self) -> tuple[str, ...]:
        """Services whose collector a connection was opened to."""
        return tuple(name for name, address in SERVICES.items() if (address, PORT, "tcp") in self.opened)

    @property
    def unexplained(self) -> frozenset[tuple[str, int, str]]:
        """Whatever else was contacted."""
        return self.opened - {(address, PORT, "tcp") for address in SERVICES.values()}

    @property
    def kept(self) -> bool:
        """Whether exactly those were contacted that may be, and nothing was written where none may."""
        quiet = not set(self.cell.expected) <= {"domain-check"} or self.cell.scene != "plain" or not self.written
        return self.status == 0 and self.contacted == self.cell.expected and not self.unexplained and quiet


def lacking() -> str:
    """What this system does not let be done; empty where the wire can be watched."""
    if sys.platform != "linux":
        return "network namespaces need Linux"
    for program in ("unshare", "ip"):
        if shutil.which(program, path=PATH) is None:
            return f"{program} is not installed"
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this system lets nobody have a network namespace of their own"


def watch(wanted: Sequence[Cell], folder: Path) -> list[Seen]:
    """Run every cell, each in a process of its own, all in one namespace."""
    lines = "".join(json.dumps(cell.plain()) + "\n" for cell in wanted)
    env = child_environment(
        {"PATH": PATH, "PYTHONPATH": os.pathsep.join([str(Path(carnet.__file__).parents[1]), str(ROOT)])}
    )
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-m", "tests.wire.watched", str(folder)],
        input=lines,
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(rows) != len(wanted):
        raise RuntimeError(f"the watched process ended with {done.returncode}: {done.stderr}")
    return [
        Seen(cell, row["status"], frozenset(map(tuple, row["opened"])), tuple(row["written"]))
        for cell, row in zip(wanted, rows, strict=True)
    ]


def markdown(seen: Sequence[Seen]) -> str:
    """One row a control and place, one column a provider; what contradicts the page says so."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in seen:
        rows.setdefault((one.cell.control, one.cell.place), {})[one.cell.provider] = _shown(one)
    width = len(PROVIDERS)
    lines = [f"| set | where | {' | '.join(PROVIDERS)} |", f"|---|---|{'---|' * width}"]
    for (control, place), by in rows.items():
        lines.append(f"| `{control}` | {place} | {' | '.join(by.get(name, '') for name in PROVIDERS)} |")
    wrong = [one for one in seen if not one.kept]
    said = f"{len(seen)} runs, {len(seen) - len(wrong)} as the page says, {len(wrong)} not."
    head = (
        f"# Opt-outs on the wire\n\nRules of {DAY}, Python {platform.python_version()}, {platform.system()}. {said}\n"
    )
    told = "A cell lists the services that a connection was opened to; `-` is none. No other address was contacted"
    return (
        f"{head}{told}{'' if not any(o.unexplained for o in seen) else ', but where a cell names it'}.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def _shown(one: Seen) -> str:
    text = ", ".join(one.contacted) or "-"
    others = ", ".join(f"{address}:{port}" for address, port, _ in sorted(one.unexplained))
    wrong = "" if one.kept else f" **expected {', '.join(one.cell.expected) or '-'}**"
    return f"{text}{f' and {others}' if others else ''}{wrong}"


def main() -> int:
    """Write the report; the status says whether every cell is as it should be."""
    if why := lacking():
        sys.stderr.write(f"the wire cannot be watched here: {why}\n")
        return 3
    with tempfile.TemporaryDirectory(prefix="carnet-wire-") as folder:
        seen = watch(list(cells()), Path(folder))
    text = markdown(seen)
    if len(sys.argv) > 1:
        file = Path(sys.argv[1])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    sys.stdout.write(text)
    return 0 if all(one.kept for one in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
